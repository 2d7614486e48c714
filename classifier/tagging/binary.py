"""Records → XLSX, Parquet: what a library has to write. Memory stays constant: rows go out as they come."""

import io
from typing import Any, BinaryIO

from classifier.errors import MissingExtra
from classifier.tagging.writers import COLUMNS, Record, flat

_WIDTHS = {"id": 24, "document": 20, "text": 80, "heading": 30, "tags": 30, "names": 30}
_SHEET = 1_048_575  # rows that a sheet holds under its header
_CELL = 32_767  # characters that a cell holds
_BATCH = 1024  # rows of a Parquet file that are held back together


class Xlsx:
    """A workbook, a sheet for every 1,048,575 rows. Every string is stored as text, formulas too."""

    def __init__(self, file: BinaryIO) -> None:
        from openpyxl import Workbook

        self._file = file
        self._book = Workbook(write_only=True)
        self._left = 0
        self._new_sheet()

    def write(self, row: Record) -> None:
        """Write one row."""
        if not self._left:
            self._new_sheet()
        self._left -= 1
        cells = flat(row)
        self._sheet.append([self._cell(cells.get(column)) for column in COLUMNS])

    def finish(self) -> None:
        """Write the workbook: a ZIP archive has its table of contents at the end."""
        self._book.save(self._file)

    def _new_sheet(self) -> None:
        self._sheet = self._book.create_sheet()
        for n, column in enumerate(COLUMNS):
            self._sheet.column_dimensions[chr(ord("A") + n)].width = _WIDTHS.get(column, 11)
        self._sheet.freeze_panes = "A2"
        self._sheet.append(COLUMNS)
        self._left = _SHEET

    def _cell(self, value: object) -> object:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if not isinstance(value, str):
            return value
        text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value.encode("utf-8", "replace").decode())
        cell = WriteOnlyCell(self._sheet, text if len(text) <= _CELL else text[: _CELL - 1] + "…")
        cell.data_type = "s"  # openpyxl takes "=…" for a formula and "#N/A" for an error
        return cell


class Parquet:
    """A Parquet file, a batch of rows at a time; the columns of CSV, the same whatever the rows hold."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise MissingExtra("pyarrow", "parquet") from error
        types = {"paragraph": pyarrow.int64(), "page": pyarrow.int64(), "review": pyarrow.bool_()}
        self._schema = pyarrow.schema([(column, types.get(column, pyarrow.string())) for column in COLUMNS])
        self._sink = pyarrow.PythonFile(_Counted(file), mode="w")
        self._file = parquet.ParquetWriter(self._sink, self._schema)
        self._table = pyarrow.Table
        self._rows: list[Record] = []

    def write(self, row: Record) -> None:
        """Keep one row; write when there are enough."""
        self._rows.append(
            {
                key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
                for key, value in flat(row).items()
            }
        )
        if len(self._rows) == _BATCH:
            self._flush()

    def finish(self) -> None:
        """Write the rows held back and the table of contents."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(self._table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


class _Counted(io.RawIOBase):
    """A file that knows where it is, for standard output does not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401  # whatever has bytes
        self._at += self._file.write(data)
        return len(data)

    def tell(self) -> int:
        return self._at
