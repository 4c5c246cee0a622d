"""What stands against a container: results outside the limits of a version of the programme, and results that are not there.

Limits are those of the version by which somebody asks, never of the version under which a result was entered: what was released under an older
version is judged again by the one in force when it is to be given.
"""

from __future__ import annotations

from collections.abc import Iterable

from proband.programme.product import NEVER_EXCEPTIONAL, OF_ONE_CONTAINER, Product, ReleaseTest
from proband.record.product import Container, TestResult


def is_final(attribute: str) -> bool:
    """Whether no later result, no investigation and no exception overturns a finding of this quality attribute."""
    return attribute in NEVER_EXCEPTIONAL


def final_findings(product: Container) -> list[str]:
    """The tests of which a finding stands that nothing overturns, whatever the version in force asks for."""
    return [
        name for name in product.tests if any(one.final and not one.passes for one in product.results(name))
    ]


def outside(
    product: Container, rule: Product, tests: Iterable[ReleaseTest], until: str | None = None
) -> list[str]:
    """The tests whose results stand against a container.

    A final finding stands whatever was found before or after it. Of an attribute that the programme names under ``retest`` the last
    result counts, as long as it was not tested again until it passed; of every other one each result that is outside its limit.

    Parameters
    ----------
    product, rule, tests
        The container, the programme's product, and those of its tests that are asked for.
    until
        Only what had been found of the one container up to a moment; what is of its cells was so all the time.
    """
    retest = rule.out_of_specification.retest if rule.out_of_specification is not None else []
    found = final_findings(product)
    for test in tests:
        results = product.results(test.id)
        if until is not None and test.attribute in OF_ONE_CONTAINER:
            results = [one for one in results if one.at <= until]
        if test.attribute in retest and not _tested_too_often(rule, test, results):
            results = sorted(results, key=lambda one: (one.at, one.seq))[-1:]
        if test.required and test.id not in found and not all(test.passes(one.value) for one in results):
            found.append(test.id)
    return found


def _tested_too_often(rule: Product, test: ReleaseTest, results: Iterable[TestResult]) -> bool:
    """Whether a container, with what it was made from, failed a test more often than it may be tested again: then no later result takes the place of those.

    What was divided does not begin anew: else whoever divides often enough finds a part that passes.
    """
    allowed = rule.out_of_specification.retests if rule.out_of_specification is not None else 0
    failed = {one.seq for one in results if one.counted and not test.passes(one.value)}
    return len(failed) > allowed


def tested_too_often(product: Container, rule: Product) -> list[str]:
    """The required tests that a container failed more often than the programme lets them be repeated."""
    return [
        test.id
        for test in rule.release_tests
        if test.required and _tested_too_often(rule, test, product.results(test.id))
    ]


def failing(product: Container, rule: Product, route: str | None) -> list[str]:
    """Required tests for a route whose results stand against a container."""
    return outside(product, rule, rule.release_tests_for(route))


def not_excepted(rule: Product, tests: Iterable[str]) -> list[str]:
    """Those of some tests for which the programme makes no exception: all, where it allows none; else those of an attribute that it does not name, where it names any."""
    terms = rule.out_of_specification
    if terms is None or not terms.exceptional_release:
        return list(tests)
    attribute = {test.id: test.attribute for test in rule.release_tests}
    return [test for test in tests if terms.attributes and attribute.get(test) not in terms.attributes]


def outstanding(product: Container, rule: Product, route: str | None) -> list[str]:
    """Required tests before release for a route that have no result."""
    return [
        test.id
        for test in rule.release_tests_for(route)
        if test.required and test.timing == "before-release" and product.result(test.id) is None
    ]
