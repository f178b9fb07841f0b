"""What a repository's image is made of, decided from its manifests alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hasten import UsageError
from hasten.agent.images.editable import wheel
from hasten.agent.images.pythons import KNOWN, allows, python_version
from hasten.agent.images.recipe import recipe_for
from hasten.agent.images.requirements import toml_of
from hasten.agent.settings import SandboxSettings
from hasten.sandbox.building import Recipe

SHOP = """
[project]
name = "Shop.Tools"
version = "1.2.0"
requires-python = ">=3.10"
dependencies = ["attrs>=23"]
[project.scripts]
shop = "shop:main"
"""


def repository(folder: Path, **files: str) -> Path:
    repo = folder / "shop"
    for name, text in {"shop/__init__.py": "", **files}.items():
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return repo


def recipe(repo: Path, *modules: str, environ: Mapping[str, str] | None = None, **chosen: object) -> Recipe:
    found = recipe_for(repo, SandboxSettings.model_validate(chosen), environ=environ or {}, modules=modules)
    assert isinstance(found, Recipe)
    return found


def required(found: Recipe) -> list[str]:
    return found.files["hasten/requirements/hasten.in"].decode().splitlines()


def steps(found: Recipe, word: str) -> list[str]:
    return [line for line in found.dockerfile.splitlines() if line.startswith(word)]


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        (">=3.10", "3.14"),
        (">=3.9,<3.13", "3.12"),
        ("==3.11.*", "3.11"),
        ("==3.11", "3.11"),
        ("==3.11.4", "3.11.4"),
        ("~=3.9", "3.14"),
        ("~=3.9.2", "3.9"),
        (">3.8,!=3.14.*,!=3.13.*", "3.12"),
        (">=3.9,<=3.11", "3.11"),
        (">=3.9, <3.12.3", "3.11"),
        ("<4", "3.14"),
    ],
)
def test_the_newest_python_that_fits(tmp_path: Path, asked: str, version: str) -> None:
    repo = repository(tmp_path, **{"pyproject.toml": f'[project]\nname = "x"\nrequires-python = "{asked}"\n'})
    assert recipe(repo).bases == (f"python:{version}-slim",)


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({".python-version": "# mine\n3.11\n", "pyproject.toml": SHOP}, "3.11"),
        ({".python-version": "cpython-3.12.4\n"}, "3.12.4"),
        ({".python-version": "pypy3.9\n"}, "3.14"),
        ({"setup.cfg": "[options]\npython_requires = <3.12\n"}, "3.11"),
        ({"setup.py": "from setuptools import setup\nsetup(python_requires='<3.10')\n"}, "3.9"),
        (
            {"pyproject.toml": '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.9"\n'},
            "3.14",
        ),
        (
            {"pyproject.toml": '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "~3.9"\n'},
            "3.9",
        ),
        ({"pyproject.toml": SHOP + "[tool.x]\n"}, "3.14"),
        ({}, "3.14"),
    ],
)
def test_where_the_version_comes_from(tmp_path: Path, files: dict[str, str], version: str) -> None:
    repo = repository(tmp_path, **files)
    assert python_version(repo, toml_of(repo / "pyproject.toml")) == version


def test_versions_the_project_is_tested_with_come_first(tmp_path: Path) -> None:
    tested = "\n".join(f'"Programming Language :: Python :: 3.{minor}",' for minor in (9, 11, 12))
    text = f'[project]\nname = "x"\nrequires-python = ">=3.10"\nclassifiers = [{tested}]\n'
    assert recipe(repository(tmp_path, **{"pyproject.toml": text})).bases == ("python:3.12-slim",)


def test_no_python_fits(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"pyproject.toml": '[project]\nname = "x"\nrequires-python = "<3"\n'})
    with pytest.raises(UsageError, match="'<3'") as failure:
        recipe(repo)
    assert "base" in failure.value.hint
    assert recipe(repo, base="mine:1").bases == ("mine:1",)


@settings(derandomize=True, max_examples=60)
@given(low=st.sampled_from(KNOWN), high=st.sampled_from(KNOWN), minor=st.sampled_from(KNOWN))
def test_bounds_mean_what_they_say(low: int, high: int, minor: int) -> None:
    assert allows(f">=3.{low},<3.{high}", minor) == (low <= minor < high)
    assert allows(f"!=3.{low}.*", minor) == (minor != low)


def test_extras_and_groups_for_tests(tmp_path: Path) -> None:
    text = (
        SHOP
        + """
[project.optional-dependencies]
fast = ["numpy; python_version > '3.8'"]
testing = ["hypothesis", "shop-tools[fast]"]
docs = ["sphinx"]
[dependency-groups]
base = ["pytest-cov"]
dev = ["pytest", {include-group = "base"}]
lint = ["ruff"]
"""
    )
    repo = repository(tmp_path, **{"pyproject.toml": text})
    everything = required(recipe(repo, "pytest"))
    assert set(everything) == {
        *("attrs>=23", "hypothesis", "numpy; python_version > '3.8'", "pytest", "pytest-cov")
    }
    assert set(required(recipe(repo, extras=["docs", "lint"]))) == {"attrs>=23", "sphinx", "ruff"}
    assert required(recipe(repo, extras=[])) == ["attrs>=23"]
    with pytest.raises(UsageError, match="'nonsense'") as failure:
        recipe(repo, extras=["nonsense"])
    assert "docs" in failure.value.hint


def test_what_the_tests_need_is_added_once(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"pyproject.toml": SHOP})
    added = recipe(repo, "pytest")
    assert "RUN pip install pytest" in added.dockerfile
    assert any("pytest" in note for note in added.notes)
    named = SHOP.replace("attrs>=23", "PyTest ~= 8.0")
    repo = repository(tmp_path, **{"pyproject.toml": named})
    assert "RUN pip install pytest" not in recipe(repo, "pytest").dockerfile
    assert not recipe(repo, "pytest").notes


def test_requirements_files_with_what_they_include(tmp_path: Path) -> None:
    repo = repository(
        tmp_path,
        **{
            "requirements.txt": "-r requirements/base.txt\n-e .[fast]\n./libs/own\n",
            "requirements/base.txt": "attrs\n-c ../limits.txt  # all of them\n",
            "limits.txt": "attrs<25\n",
            "requirements-dev.txt": "-r requirements.txt\npytest>=8\n",
            "requirements-docs.txt": "sphinx\n",
            "libs/own/pyproject.toml": '[project]\nname = "own"\nversion = "2"\n',
        },
    )
    found = recipe(repo, "pytest")
    [install] = [step for step in steps(found, "RUN") if "-r " in step]
    assert install.endswith("pip install -r requirements.txt -r requirements-dev.txt")
    texts = {name.removeprefix("hasten/requirements/"): text for name, text in found.files.items()}
    assert texts["requirements.txt"] == b"-r requirements/base.txt\n"
    assert texts["limits.txt"] == b"attrs<25\n"
    assert "requirements-docs.txt" not in texts
    assert "hasten/wheels/own-2-py3-none-any.whl" in found.files
    assert "RUN pip install pytest" not in found.dockerfile


def test_a_requirements_file_that_is_not_there(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"requirements.txt": "-r nowhere.txt\n"})
    with pytest.raises(UsageError, match=r"nowhere\.txt"):
        recipe(repo)


def test_a_lock_of_uv_decides_alone(tmp_path: Path) -> None:
    lock = 'version = 1\n[[package]]\nname = "part"\nsource = { editable = "parts/part" }\n'
    repo = repository(
        tmp_path,
        **{
            "pyproject.toml": SHOP + '[dependency-groups]\ntest = ["pytest"]\n',
            "uv.lock": lock,
            "requirements.txt": "django\n",
            "parts/part/pyproject.toml": '[project]\nname = "part"\nversion = "3"\n',
        },
    )
    found = recipe(repo, "pytest")
    [sync] = [step for step in steps(found, "RUN") if " sync " in step]
    assert "--frozen" in sync
    assert "--group test" in sync
    assert not any("requirements" in name for name in found.files)
    assert {"hasten/lock/uv.lock", "hasten/lock/parts/part/pyproject.toml"} <= set(found.files)
    assert "hasten/wheels/part-3-py3-none-any.whl" in found.files
    # The addresses in a lock are those of its index: where the host has another, only versions are taken.
    mirrored = recipe(repo, environ={"PIP_INDEX_URL": "https://mirror.example/simple"})
    assert " sync " not in mirrored.dockerfile
    assert '--default-index "$PIP_INDEX_URL"' in mirrored.dockerfile
    other = recipe(repository(tmp_path / "other", **{"pyproject.toml": SHOP, "poetry.lock": ""}))
    assert any("poetry.lock" in note for note in other.notes)


def test_what_only_a_build_backend_knows_is_asked_of_it(tmp_path: Path) -> None:
    dynamic = '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n'
    for manifest in ({"setup.py": "import setuptools\n"}, {"pyproject.toml": dynamic}):
        repo = repository(tmp_path / str(len(manifest)), **manifest)
        found = recipe(repo)
        [build] = [step for step in steps(found, "RUN") if "--editable" in step]
        assert str(repo) in build
        assert "project/shop/__init__.py" in found.sources
        before = found.digest
        (repo / "shop" / "__init__.py").write_text("a = 1\n")
        assert recipe(repo).digest == before
        name = next(iter(manifest))
        (repo / name).write_text((repo / name).read_text() + "# changed\n")
        assert recipe(repo).digest != before


def test_paths_are_quoted(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"setup.py": ""})
    at = Path("/home/o'brien/my $HOME")
    found = recipe_for(repo, SandboxSettings(), environ={}, mount_at=at)
    assert isinstance(found, Recipe)
    assert """'/home/o'"'"'brien/my $HOME'""" in found.dockerfile
    with pytest.raises(UsageError, match="line break"):
        recipe_for(repo, SandboxSettings(), environ={}, mount_at=Path("/a\nRUN b"))


def test_the_same_content_has_the_same_key(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"pyproject.toml": SHOP})
    first = recipe(repo)
    (repo / "shop" / "__init__.py").write_text("VALUE = 3\n")
    (repo / "new.py").write_text("")
    again = recipe(repo)
    assert (first.digest, first.files) == (again.digest, again.files)
    assert first.tag(["sha256:1"]) == again.tag(["sha256:1"]) != first.tag(["sha256:2"])
    others = [
        recipe(repo, packages=["libpng16-16"]),
        recipe(repo, base="mine:1"),
        recipe(repo, "pytest"),
        recipe(repository(tmp_path / "elsewhere", **{"pyproject.toml": SHOP})),
        recipe(repository(tmp_path, **{"pyproject.toml": SHOP.replace("1.2.0", "1.3.0")})),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == len(others) + 1


def test_only_the_bump_of_a_version_leaves_the_dependencies_alone(tmp_path: Path) -> None:
    before = recipe(repository(tmp_path, **{"pyproject.toml": SHOP}))
    after = recipe(repository(tmp_path, **{"pyproject.toml": SHOP.replace("1.2.0", "1.3.0")}))
    assert required(before) == required(after)
    assert before.dockerfile == after.dockerfile


def test_what_is_taken_from_the_hosts_environment(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("certificates")
    repo = repository(tmp_path, **{"pyproject.toml": SHOP})
    environ = {
        "OPENAI_API_KEY": "sk-secret",
        "HOME": "/home/someone",
        "https_proxy": "http://127.0.0.1:3128",
        "PIP_INDEX_URL": "https://user:password@index.example/simple",
        "PIP_EXTRA_INDEX_URL": "file:///srv/wheels https://more.example/simple",
        "UV_INDEX_OURS_PASSWORD": "password",
        "UV_DEFAULT_INDEX": "file:///srv/wheels",
        "SSL_CERT_FILE": str(authority),
        "REQUESTS_CA_BUNDLE": "/not/there",
    }
    found = recipe(repo, environ=environ)
    assert found.args == {
        "https_proxy": "http://127.0.0.1:3128",
        "PIP_INDEX_URL": "https://user:password@index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
        "UV_INDEX_OURS_PASSWORD": "password",
    }
    assert found.network == "host"
    assert any("UV_DEFAULT_INDEX" in note for note in found.notes)
    assert found.secrets == {"hasten/ca.pem": b"certificates"}
    assert "password" not in found.dockerfile
    *_, final = found.dockerfile.split("FROM ")
    assert not any(word in final for word in ("ARG", "ca.pem", "INDEX"))
    rotated = {**environ, "PIP_INDEX_URL": "https://user:another@index.example/simple"}
    assert recipe(repo, environ=rotated).digest == found.digest
    assert not recipe(repo).args


def test_settings_that_name_an_image(tmp_path: Path) -> None:
    repo = repository(tmp_path, **{"Dockerfile": "FROM base:1 AS one\nFROM --platform=linux/amd64 one\n"})
    assert recipe_for(repo, SandboxSettings(image="mine:2"), environ={}) == "mine:2"
    found = recipe(repo, dockerfile="Dockerfile")
    assert found.bases == ("base:1",)
    assert set(found.sources) == {"Dockerfile", "shop/__init__.py"}
    (repo / "shop" / "__init__.py").write_text("changed\n")
    assert recipe(repo, dockerfile="Dockerfile").digest != found.digest
    with pytest.raises(UsageError, match="Nofile"):
        recipe(repo, dockerfile="Nofile")
    with pytest.raises(ValueError, match="not both"):
        SandboxSettings(image="a", dockerfile="b")
    with pytest.raises(ValueError, match="packages"):
        SandboxSettings(packages=["png; rm -rf /"])


@pytest.mark.parametrize(
    ("table", "files", "version"),
    [
        (
            '[tool.setuptools.dynamic]\nversion = {attr = "shop.__version__"}',
            {"src/shop/__init__.py": "__version__ = '4.5'\n"},
            "4.5",
        ),
        ('[tool.setuptools.dynamic]\nversion = {file = "VERSION"}', {"VERSION": "6.7\n"}, "6.7"),
        (
            '[tool.hatch.version]\npath = "shop/about.py"',
            {"shop/about.py": '__version__: str = "8.9"\n'},
            "8.9",
        ),
        ("[tool.setuptools_scm]", {}, "0"),
    ],
)
def test_a_computed_version(tmp_path: Path, table: str, files: dict[str, str], version: str) -> None:
    text = f'[project]\nname = "shop"\ndynamic = ["version"]\n{table}\n'
    found = recipe(repository(tmp_path, **{"pyproject.toml": text, **files}))
    assert f"hasten/wheels/shop-{version}-py3-none-any.whl" in found.files


def test_the_wheel_of_a_project(tmp_path: Path) -> None:
    text = SHOP + "[project.optional-dependencies]\ntest = [\"pytest; python_version < '4'\"]\n"
    text += '[tool.setuptools.packages.find]\nwhere = ["lib"]\n'
    repo = repository(tmp_path, **{"pyproject.toml": text})
    content = recipe(repo).files["hasten/wheels/shop_tools-1.2.0-py3-none-any.whl"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert files["__editable__.shop_tools-1.2.0.pth"].splitlines() == [
        str(repo),
        f"{repo}/src",
        f"{repo}/lib",
    ]
    info = files["shop_tools-1.2.0.dist-info/METADATA"]
    assert "Name: Shop.Tools\nVersion: 1.2.0\n" in info
    assert "Requires-Dist: attrs>=23\n" in info
    assert "Requires-Dist: pytest ; (python_version < '4') and extra == \"test\"" in info
    assert "shop = shop:main" in files["shop_tools-1.2.0.dist-info/entry_points.txt"]
    assert wheel({"name": "a"}, "1", [])[1] == wheel({"name": "a"}, "1", [])[1]
