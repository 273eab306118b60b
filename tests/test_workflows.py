"""The workflows: the site is published from the main branch only, and only if it matches the records."""

from pathlib import Path
from typing import Any

import yaml

WORKFLOWS = Path(__file__).parent.parent / ".github" / "workflows"


def workflow(name: str) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return content


def test_the_site_is_results_and_the_sources_of_main_after_verification() -> None:
    pages = workflow("pages.yml")
    assert pages[True] == {"push": {"branches": ["main"]}}  # "on" is a boolean in YAML
    (job,) = pages["jobs"].values()
    steps = [step.get("run") or step["uses"] for step in job["steps"]]
    verified = steps.index("xorbench verify")
    uploaded = next(place for place, step in enumerate(steps) if step.startswith("actions/upload-pages-artifact@"))
    deployed = next(place for place, step in enumerate(steps) if step.startswith("actions/deploy-pages@"))
    assert verified < uploaded < deployed
    assert job["steps"][uploaded]["with"] == {"path": "site"}
    assert any("cp -r results implementations site" in step for step in steps[verified:uploaded])
    assert pages["permissions"] == {"contents": "read"}
    assert job["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}


def test_both_workflows_use_the_same_versions_of_actions_and_of_python() -> None:
    found: dict[str, set[str]] = {}
    for name in ("ci.yml", "pages.yml"):
        for job in workflow(name)["jobs"].values():
            for step in job["steps"]:
                action, _, version = step.get("uses", "").partition("@")
                found.setdefault(action, set()).add(version + str(step.get("with", {}).get("python-version", "")))
    assert all(len(versions) == 1 for versions in found.values())


def test_the_bill_of_materials_and_the_check_for_vulnerabilities_are_of_the_lock_file() -> None:
    steps = [step.get("run", "") for step in workflow("ci.yml")["jobs"]["supply-chain"]["steps"]]
    assert any("cyclonedx-py requirements requirements.lock" in step for step in steps)
    assert any("pip-audit --disable-pip --require-hashes --requirement requirements.lock" in step for step in steps)
    assert "pip-audit" not in (WORKFLOWS.parent.parent / ".ci" / "run").read_text(encoding="utf-8")
