"""Wheels and sdists: complete, free of strays, and the same bytes whoever builds them."""

from __future__ import annotations

import configparser
import tarfile
import zipfile
from email.message import Message
from email.parser import HeaderParser
from hashlib import sha256
from pathlib import Path

import pytest

from .workshop import MEMBERS, ROOT, Built, Member, run

pytestmark = pytest.mark.timeout(300)

EXTRA_IN_SDIST = {"aikit-models": {"notes.toml"}}
by_member = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS.keys())


def digests(folder: Path) -> dict[str, str]:
    files = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


def test_all_members_are_built(dist: Built) -> None:
    wheels = {f"{member.stem}-py3-none-any.whl" for member in MEMBERS.values()}
    sdists = {f"{member.stem}.tar.gz" for member in MEMBERS.values()}
    assert set(digests(dist.folder)) == wheels | sdists


def test_the_tree_gives_the_same_bytes_as_the_sdists(dist: Built, tmp_path: Path) -> None:
    """The wheels of `dist` come from sdists, unpacked elsewhere; these come from the tree."""
    run(ROOT / "scripts/build", tmp_path, "--sdist", "--wheel")
    assert digests(tmp_path) == digests(dist.folder)


@by_member
def test_a_wheel_holds_its_package_and_nothing_else(dist: Built, member: Member) -> None:
    about = f"{member.stem}.dist-info"
    expected = {str(path.relative_to(member.source.parent)) for path in member.files()}
    expected |= {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    if {"scripts", "entry-points"} & member.project.keys():
        expected.add(f"{about}/entry_points.txt")
    with zipfile.ZipFile(dist.wheel(member.name)) as wheel:
        names = set(wheel.namelist())
        tag = wheel.read(f"{about}/WHEEL").decode()
    assert names == expected
    assert f"{member.module}/py.typed" in names
    assert not any(name.endswith((".pth", ".pyc")) or "tests" in name for name in names)
    assert "Root-Is-Purelib: true" in tag
    assert "Tag: py3-none-any" in tag


@by_member
def test_an_sdist_holds_what_its_wheel_is_built_from(dist: Built, member: Member) -> None:
    expected = {str(path.relative_to(member.folder)) for path in member.files()}
    expected |= {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    expected |= EXTRA_IN_SDIST.get(member.name, set())
    with tarfile.open(dist.sdist(member.name)) as sdist:
        names = {name.removeprefix(f"{member.stem}/") for name in sdist.getnames()}
    assert names == expected


@by_member
def test_metadata_is_complete(dist: Built, member: Member) -> None:
    about = metadata(dist, member)
    assert about["Name"] == member.name
    assert about["Version"] == member.project["version"]
    assert about["Summary"] == member.project["description"]
    assert about["License-Expression"] == "MIT"
    assert about.get_all("License-File") == ["LICENSE"]
    assert about["Requires-Python"] == ">=3.11"
    assert "Typing :: Typed" in about.get_all("Classifier", [])
    assert about["Description-Content-Type"] == "text/markdown"
    assert str(about.get_payload()).lstrip().startswith(f"# {member.name}\n")


@by_member
def test_requirements_are_names_with_bounds(dist: Built, member: Member) -> None:
    for line in metadata(dist, member).get_all("Requires-Dist", []):
        requirement = line.partition(";")[0].strip()
        assert "@" not in requirement, f"{line} leads to a place, not to a version"
        assert ">=" in requirement, f"{line} has no lower bound"
        if requirement.partition("<")[0].partition(">")[0] in MEMBERS:
            assert "<2" in requirement, f"{line} would take another major version"


@by_member
def test_entry_points_are_those_of_the_member(dist: Built, member: Member) -> None:
    declared = dict(member.project.get("entry-points", {}))
    if scripts := member.project.get("scripts"):
        declared["console_scripts"] = scripts
    written = configparser.ConfigParser(delimiters=("=",))
    name = f"{member.stem}.dist-info/entry_points.txt"
    with zipfile.ZipFile(dist.wheel(member.name)) as wheel:
        if name in wheel.namelist():
            written.read_string(wheel.read(name).decode())
    assert {group: dict(written[group]) for group in written.sections()} == declared


def metadata(dist: Built, member: Member) -> Message:
    with zipfile.ZipFile(dist.wheel(member.name)) as wheel:
        return HeaderParser().parsestr(wheel.read(f"{member.stem}.dist-info/METADATA").decode())
