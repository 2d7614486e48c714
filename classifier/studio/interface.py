"""Taxonomy → the labelling page of a Label Studio project, and the instructions that annotators read beside it.

The stored value of a choice is its alias, which is the label's id: renaming a label for people changes no annotation.
"""

from html import escape
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import quoteattr

from classifier.errors import LabelsError
from classifier.taxonomy import Label, Taxonomy, data_file, load

CONTROL, TEXT = "measure", "text"  # names of the choices and of what they judge, in every annotation

_PAGE = """\
<View>
  <Style>
    .context {{ color: #777; font-size: 90% }}
    .evidence {{ color: #36a; font-size: 90% }}
    .paragraph {{ font-size: 120%; line-height: 1.8; margin: .5em 0 }}
    .groups {{ display: flex; flex-wrap: wrap; gap: 0 2em }}
  </Style>
  <View className="context">
    <Header value="$document" size="6"/>
    <Text name="heading" value="$heading"/>
    <Text name="before" value="$before"/>
  </View>
  <View className="paragraph">
    <Text name="{text}" value="$text"/>
  </View>
  <View className="context">
    <Text name="after" value="$after"/>
  </View>
  <View className="evidence">
    <Text name="evidence" value="$evidence"/>
  </View>
  <Header value="有哪类标哪类；没有措施的，什么都不选，直接提交（Submit）" size="6"/>
  <Choices name="{control}" toName="{text}" choice="multiple" showInline="true">
    <View className="groups">
{groups}
    </View>
  </Choices>
</View>
"""


def page(taxonomy: Taxonomy) -> str:
    """Give the labelling page as XML: labels by group with 中文名, hotkey, and the definition as a hint."""
    groups = [_group(name, list(labels)) for name, labels in groupby(taxonomy.labels, key=lambda label: label.group)]
    return _PAGE.format(control=CONTROL, text=TEXT, groups="\n".join(groups))


def _group(name: str, labels: list[Label]) -> str:
    header = [f'        <Header value={quoteattr(name)} size="6"/>'] if name else []
    choices = [f"        {_choice(label)}" for label in labels]
    return "\n".join(["      <View>", *header, *choices, "      </View>"])


def _choice(label: Label) -> str:
    hint = "　".join(
        f"{title}{text}"
        for title, text in (("", label.definition), ("计入：", label.counts), ("不计入：", label.excludes))
        if text
    )
    attributes = {"value": label.name, "alias": label.id, "hotkey": label.hotkey, "hint": hint}
    return f"<Choice {' '.join(f'{key}={quoteattr(text)}' for key, text in attributes.items() if text)}/>"


def stored_labels(page: str) -> tuple[str, ...] | None:
    """Give what the choices of a labelling page, as someone may have edited it, store; None where it has none of ours.

    That is a choice's alias, or without one its value.
    """
    from lxml import etree

    try:
        root = etree.fromstring(page.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    control = next((tag for tag in root.iter("Choices") if tag.get("name") == CONTROL), None)
    if control is None or control.get("toName") != TEXT:
        return None
    return tuple(str(choice.get("alias") or choice.get("value")) for choice in control.iter("Choice"))


def instructions(taxonomy: Taxonomy, codebook: Path | None = None) -> str:
    """Give the instructions as HTML: the codebook (Markdown), or without one the definitions of the taxonomy.

    The project's own taxonomy has its codebook beside it. Raises `LabelsError` where a given one cannot be read.
    """
    beside = data_file("labels", "README.md")
    if codebook is None and beside.is_file() and taxonomy == load():
        codebook = beside
    if codebook is not None:
        from markdown_it import MarkdownIt

        try:
            content = codebook.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LabelsError(f"{codebook} cannot be read: {error}", "name a Markdown file in UTF-8") from error
        return str(MarkdownIt("commonmark").enable("table").render(content))
    rows = [
        f"<dt><b>{escape(label.name)}</b> ({escape(label.id)})</dt><dd>{escape(label.definition)}</dd>"
        for label in taxonomy.labels
    ]
    return f"<dl>{''.join(rows)}</dl>"
