"""What the answers on datasets look like."""

from __future__ import annotations

from marshmallow import Schema, fields

from datasets.contract import Flag, Status
from portal.api.announcements import AnnouncementAnswer
from portal.api.describe import (
    Page,
    Released,
    address,
    boolean,
    integer,
    many,
    mapping,
    one,
    record,
    says,
    string,
    strings,
    trilingual,
)
from portal.api.protection import ProtectionAnswer


class ColumnAnswer(Schema):
    """A column of a dataset."""

    name = string("Its name in rows, files and SQL.")
    role = string("What it is.", enum=["dimension", "measure", "label", "status", "flags", "origin"])
    type = string("Type of its values.", enum=["code", "period", "integer", "decimal", "text"])
    codelist = string("The code list of its values, if they are codes.", null=True)
    unit = string("Code list `unit`; null if there is none or `unit_column` has it.", null=True)
    unit_label = trilingual("The unit in words.", null=True)
    unit_column = string("The column that holds the unit of each row.", null=True)
    title = trilingual("Title.")


class DatasetSummary(Schema):
    """A dataset in a list."""

    slug = string("Its name in addresses, files and SQL.")
    topic = string("Code list `topic`.")
    origin = string("Code list `origin`.")
    synthetic = boolean("Whether the figures descend from a simulated extract.")
    title = trilingual("Title.")
    summary = trilingual("One sentence.")
    dimensions = strings("The columns that say what a row is about; each is a filter of the observations.")
    measures = strings("The columns that hold figures.")
    row_count = integer("Number of rows.")
    period_from = string("First period.", null=True)
    period_to = string("Last period.", null=True)
    url = address("The dataset.")
    observations = address("Its rows.")


class Datasets(Released):
    """The datasets of a release."""

    count = integer("How many there are.")
    datasets = many(DatasetSummary, "In the order of topics; with `q`, best match first.")


class Source(Schema):
    """The document that the figures are from."""

    document = string("The document's short name.")
    file = string("Its file.")
    date = string("Its date.")
    language = string("Its language.")
    title = trilingual("Its title.")
    publisher = trilingual("Who published it.")
    place = trilingual("Where in it the figures are.")


class DatasetColumn(ColumnAnswer):
    """A column of a dataset, in full."""

    role = string("What it is.", enum=["dimension", "measure"])
    decimals = fields.List(fields.Integer(), required=True, metadata=says("Fewest and most decimals of its figures."))
    additivity = string("Whether its figures may be added up.", null=True)
    description = trilingual("What it means.", null=True)


class NoteAnswer(Schema):
    """What a reader must know."""

    kind = string("Code list `note_kind`.")
    columns = strings("The columns it is about; none: all.")
    where = mapping("The rows it is about, by dimension; none: all.")
    text = trilingual("The note.")


class ChartAnswer(Schema):
    """A chart of the dataset's page."""

    kind = string("Kind of chart.")
    title = trilingual("Title.")
    category = string("Column of the categories.", null=True)
    measures = strings("Columns of the values.")
    series = string("Column of the series.", null=True)
    where = mapping("Rows shown, by dimension.")
    sort = string("Order of the categories.", null=True)


class FileAnswer(Schema):
    """A file of the dataset."""

    format = string("Kind of file.")
    language = string("Its language, if it has one.", null=True)
    media_type = string("Media type.")
    bytes = integer("Size.")
    sha256 = string("SHA-256 of its bytes, in hexadecimal.")
    latest = address("Always the file of the current release.")
    pinned = address("The file of this release, for ever.")


class InputAnswer(Schema):
    """A file that the figures were made from."""

    stage = string("The stage that read it.")
    input = string("The file.")
    sha256 = string("SHA-256 of its bytes, in hexadecimal.")
    rows_in = integer("Rows read.")
    rows_out = integer("Rows published.")


class Labelled(Schema):
    """A code with its label."""

    code = string("Code.")
    label = trilingual("Label.")


class Policy(Schema):
    """The disclosure policy."""

    code = string("Its name.")
    reason = trilingual("Why it applies.")


class RatioAnswer(Schema):
    """A measure that is `scale` x `numerator` / `denominator`."""

    measure = string("The measure.")
    numerator = string("The measure above the line.")
    denominator = string("The measure below the line.")
    scale = integer("What the quotient is multiplied by.")
    decimals = integer("Places to which it is rounded, half up.")


class DatasetAnswer(DatasetSummary, Released):
    """Everything that the release says of one dataset."""

    description = trilingual("What the figures are.")
    method = trilingual("How they were taken.")
    verification = trilingual("How they were checked.")
    source = one(Source, "The document that they are from.")
    grain = strings("The dimensions that name one row.")
    headline = strings("The measures shown first.")
    cadence = string("Code list `cadence`.")
    licence = one(Labelled, "Terms of use.")
    policy = one(Policy, "The disclosure policy.")
    protection = fields.Nested(
        ProtectionAnswer,
        required=True,
        allow_none=True,
        metadata=says("How its figures are protected; null where nobody has to be."),
    )
    region_set = string(
        "Which regions there are: 20, 17 (before 8 June 2022), partial; null without regions.", null=True
    )
    region_sentence = trilingual("A sentence on one region with its figures in braces.", null=True)
    transform = string(
        "The SELECT that computes it from the Registry (DuckDB's dialect); null for a document.", null=True
    )
    reads = record("For which months the SELECT reads a monthly table: month, previous, through, all.")
    ratios = many(RatioAnswer, "Measures that are computed from others of the row.")
    columns = many(
        DatasetColumn, "Columns in order. Each measure `m` has a column `m_status` behind it; `flags` is last."
    )
    notes = many(NoteAnswer, "Known issues.")
    charts = many(ChartAnswer, "Charts of the dataset's page.")
    inputs = many(InputAnswer, "What it was made from.")
    files = many(FileAnswer, "Bulk files.")
    reconciliation = address("The checks of its figures.")
    notices = many(AnnouncementAnswer, "What was announced of its names and columns, and of the format of all.")


class Observations(Page):
    """Rows of a dataset."""

    dataset = string("The dataset.")
    origin = string("Code list `origin`.")
    synthetic = boolean("Whether the figures descend from a simulated extract; each row then has `origin`, too.")
    columns = many(ColumnAnswer, "The columns of the rows, in order.")
    rows = fields.List(
        record(
            "Values by column. A figure `m` is null unless `m_status` is `ok` or `zero`; statuses: "
            f"{', '.join(Status)}. `flags` holds, separated by blanks: {', '.join(Flag)}."
        ),
        required=True,
        metadata=says("The rows of this page."),
    )
