"""docs/docker-compose.yml, without an engine: its form, what it names, and the model served just as it says."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import COMMAND, ROOT
from studio_server import VERSION, free_port, wait_until_up

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    content = yaml.safe_load((DOCS / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(content) == {"name", "services", "volumes"}
    return content["services"]


def test_the_server_is_the_version_that_the_tests_run_against(services: dict[str, Any]) -> None:
    assert services["label-studio"]["image"] == f"heartexlabs/label-studio:{VERSION}"


def test_every_service_has_an_image_or_is_built_from_what_is_there(services: dict[str, Any]) -> None:
    known = {"image", "build", "restart", "ports", "environment", "volumes", "depends_on", "command"}
    for name, service in services.items():
        assert set(service) <= known, name
        assert all(isinstance(value, str) for value in service["environment"].values()), name
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source == "annotations" or (DOCS / source).is_dir(), volume
    build = services["policytag"]["build"]
    assert (DOCS / build["context"] / build["dockerfile"]).is_file()


def test_no_password_is_written_down_and_none_may_be_missing(services: dict[str, Any]) -> None:
    passwords = [v for s in services.values() for k, v in s["environment"].items() if "PASSWORD" in k]
    assert len(passwords) == 2
    assert all(re.fullmatch(r"\$\{\w+:\?.+\}", value) for value in passwords)


def test_the_image_is_made_of_what_the_project_has() -> None:
    listed = (DOCS / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in listed if line.startswith("!")}
    assert all((ROOT / name).exists() for name in kept)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"classifier", "labels", "models", project["readme"], *project["license-files"]} <= kept
    extras = re.search(r'"\.\[(.+)\]"', (DOCS / "Dockerfile").read_text(encoding="utf-8"))
    assert extras and set(extras[1].split(",")) <= set(project["optional-dependencies"])


def test_the_model_serves_as_the_file_says(services: dict[str, Any], small_models: Path, tmp_path: Path) -> None:
    service = services["policytag"]
    for volume in service["volumes"]:
        source, target = volume.split(":")
        assert target == f"/policytag/{Path(source).name}"  # where the command, and the packaged data, look for it
    shutil.copytree(small_models, tmp_path / "models")
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    command, port = list(service["command"]), free_port()
    command[command.index("9090")] = str(port)
    environment = {**os.environ, **service["environment"], "POLICYTAG_PASSWORD": "pass"}
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen([COMMAND, *command], cwd=tmp_path, env=environment, stdout=file, stderr=file)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(f"{url}/health", process, log)
        assert httpx.post(f"{url}/setup", json={}).status_code == 401
        assert httpx.post(f"{url}/setup", json={}, auth=("label-studio", "pass")).status_code == 200
    finally:
        process.terminate()
        process.wait()
