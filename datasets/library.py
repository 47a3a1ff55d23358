"""The library: every declaration, code list, document and policy found below the datasets folder, checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datasets.agreement import Vocabulary, disagreements
from datasets.codelist import Codelist, discover_codelists
from datasets.declaration import Declaration
from datasets.document import Document, Policy, load_documents, load_policies
from datasets.fault import Fault, FaultError
from datasets.link import Link, load_links
from datasets.record import Record
from datasets.record_schema import load_record
from datasets.schema import load_declaration

#: The datasets folder of this checkout.
BUNDLED = Path(__file__).parent


@dataclass(frozen=True)
class Library:
    """What we publish. Mappings are keyed by slug, name or code; `links` are figures that two datasets share.

    `record` is the public record: corrections, announcements, calendar, replies. `corrects` has for each extract that it
    is bound to the tables and months that the extract says it corrects.
    """

    root: Path
    declarations: dict[str, Declaration]
    codelists: dict[str, Codelist]
    documents: dict[str, Document]
    policies: dict[str, Policy]
    links: tuple[Link, ...] = ()
    record: Record = field(default_factory=Record)
    corrects: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def load_library(root: Path = BUNDLED) -> Library:
    """Discover and check everything below `root`.

    Raises one FaultError with all the faults of the declarations; faults of code lists, documents or policies come
    before, since nothing can be checked without them, and those of links and of the public record after.
    """
    codelists, documents, policies = discover_codelists(root), load_documents(root), load_policies(root)
    declarations: dict[str, Declaration] = {}
    faults: list[Fault] = []
    for folder in sorted(path for path in root.glob("[!_.]*/") if path.is_dir()):
        path = folder / "dataset.yaml"
        try:
            declaration = load_declaration(path, root)
        except FaultError as error:
            faults.extend(error.faults)
            continue
        if declaration.slug in declarations:
            place = str(path.relative_to(root))
            faults.append(Fault(place, "slug", f"'{declaration.slug}' is another folder's too.", "Rename one of them."))
        declarations[declaration.slug] = declaration
        faults.extend(disagreements(declaration, root, Vocabulary(codelists, documents, policies)))
    if not declarations and not faults:
        faults.append(Fault(root.name, "folder", "holds no dataset.", "Add one: see docs/how-to/add-a-dataset.md."))
    if faults:
        raise FaultError(faults)
    order = list(codelists["topic"].by_code)
    ranked = sorted(declarations.values(), key=lambda each: (order.index(each.topic), each.slug))
    links = load_links(root, declarations, codelists)
    record = load_record(root, declarations, codelists)
    return Library(root, {each.slug: each for each in ranked}, codelists, documents, policies, links, record)
