"""What holds for the whole public schema, whatever is added to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_input_field,
    is_specified_scalar_type,
)
from strawberry.types.field import StrawberryField

from api.errors import RefusalsAsResults
from api.node_lookup import LOOK_UPS
from api.operations import GRAPHQL_SCHEMA
from api.permissions import Demands, Permission
from api.schema import schema, sdl
from tests.architecture.source_tree import ROOT

MUTATIONS = GRAPHQL_SCHEMA.mutation_type.fields if GRAPHQL_SCHEMA.mutation_type else {}
OWN_TYPES = [
    kind
    for kind in GRAPHQL_SCHEMA.type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]

SAMPLES = {
    "Int": "1",
    "Float": "1.0",
    "BigInt": "1",
    "Boolean": "true",
    "Date": '"2030-01-31"',
    "DateTime": '"2030-01-31T12:00:00Z"',
    "CountryCode": '"FR"',
    "CurrencyCode": '"EUR"',
    "EmailAddress": '"grace@example.org"',
    "URL": '"https://example.org/"',
}


def definition_of(field: GraphQLField) -> StrawberryField:
    definition = field.extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    return definition


def demanded_by(mutation: str) -> Permission | None:
    """The permission that a mutation names; None when it forgot to."""
    steps = definition_of(MUTATIONS[mutation]).extensions
    return next((step.permission for step in steps if isinstance(step, Demands)), None)


def test_the_exported_schema_is_the_one_in_the_code() -> None:
    assert (ROOT / "schema.graphql").read_text() == sdl(), "run `make schema` and look at what changed"


def test_there_are_mutations_to_look_at() -> None:
    assert len(MUTATIONS) >= 8


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_names_the_one_permission_it_demands(name: str) -> None:
    demands = [step for step in definition_of(MUTATIONS[name]).extensions if isinstance(step, Demands)]
    assert len(demands) == 1
    assert isinstance(demands[0].permission, Permission)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_answers_success_first_and_then_refusals(name: str) -> None:
    answer = get_named_type(MUTATIONS[name].type)
    assert isinstance(answer, GraphQLUnionType)
    success, *refusals = answer.types
    assert refusals
    assert not is_user_error(success)
    assert [refusal.name for refusal in refusals if not is_user_error(refusal)] == []
    assert any(isinstance(step, RefusalsAsResults) for step in definition_of(MUTATIONS[name]).extensions)


@pytest.mark.parametrize("name", [name for name in MUTATIONS if demanded_by(name) is not Permission.ANYONE])
async def test_a_stranger_learns_in_the_union_that_a_mutation_is_not_for_them(name: str) -> None:
    arguments = ", ".join(f"{key}: {literal(argument.type)}" for key, argument in MUTATIONS[name].args.items())
    called = f"{name}({arguments})" if arguments else name
    answer = await schema.execute(f"mutation {{ {called} {{ __typename ... on UserError {{ code }} }} }}")
    assert not answer.errors
    assert answer.data == {name: {"__typename": "NotPermitted", "code": "UNAUTHENTICATED"}}


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutations_are_named_noun_first_and_take_at_most_one_input(name: str) -> None:
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name)
    arguments = MUTATIONS[name].args
    assert set(arguments) <= {"input"}
    assert all(isinstance(get_named_type(argument.type), GraphQLInputObjectType) for argument in arguments.values())


def test_every_user_error_names_itself_in_a_union() -> None:
    """A refusal that no mutation answers would never reach anybody."""
    answered = {
        member.name
        for kind in OWN_TYPES
        if isinstance(kind, GraphQLUnionType)
        for member in kind.types
        if is_user_error(member)
    }
    made = {kind.name for kind in OWN_TYPES if isinstance(kind, GraphQLObjectType) and is_user_error(kind)}
    assert made == answered


def test_every_connection_is_read_in_pages() -> None:
    connections = [(path, field) for path, field in output_fields() if named(field).name.endswith("Connection")]
    assert connections
    for path, field in connections:
        assert {"first", "after"} <= set(field.args), path
        assert field.args["first"].default_value, f"{path} asks for everything by default"


def test_every_connection_has_edges_nodes_and_page_info() -> None:
    for kind in OWN_TYPES:
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            assert {"edges", "nodes", "pageInfo"} <= set(kind.fields), kind.name


def test_node_answers_every_type_that_implements_node() -> None:
    assert unanswered(LOOK_UPS) == []
    assert set(LOOK_UPS) <= set(GRAPHQL_SCHEMA.type_map)


def test_a_type_that_node_forgets_is_noticed() -> None:
    assert unanswered([name for name in LOOK_UPS if name != "Extra"]) == ["Extra"]


def unanswered(known: Collection[str]) -> list[str]:
    """Types that implement Node and that `node` does not find."""
    node = GRAPHQL_SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return sorted(kind.name for kind in GRAPHQL_SCHEMA.get_possible_types(node) if kind.name not in known)


RANKINGS = {"Query.recommendHotels"}  # `first` says how many; what comes after is searched for instead


def test_lists_of_nodes_are_connections() -> None:
    """What has an id of its own can be many; only a connection, a parent's own parts or the top of a ranking may list
    it."""
    plain = [
        path
        for path, field in output_fields()
        if is_list(field.type)
        and path.split(".")[0] in {"Query", "Viewer"}
        and path not in RANKINGS
        and isinstance(named(field), GraphQLObjectType)
        and "Node" in {interface.name for interface in named(field).interfaces}  # type: ignore[attr-defined]
    ]
    assert plain == []


def test_everything_says_what_it_means() -> None:
    assert [path for path, described in meanings() if not (described or "").strip()] == []


def test_every_kind_of_thing_is_asked_what_it_means() -> None:
    paths = {path for path, _ in meanings()}
    assert {"Hotel", "Hotel.name", "Query.node(id)", "HotelSearchInput.rooms", "Weekday.MONDAY"} <= paths


def test_names_have_one_spelling() -> None:
    odd = [kind.name for kind in OWN_TYPES if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", kind.name)]
    odd += [path for path, _ in output_fields() if not re.fullmatch(r"[a-z][A-Za-z0-9]*", path.split(".")[1])]
    for kind in OWN_TYPES:
        if isinstance(kind, GraphQLEnumType):
            odd += [value for value in kind.values if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value)]
    assert odd == []


def test_clients_never_send_a_price_a_state_or_a_user() -> None:
    """An idempotency key and ids of things are theirs to send; amounts and people are ours to know. Hoteliers
    choose what they sell in, and write their own bills."""
    allowed = {
        "AccountRegisterInput.role",
        "HotelCreateInput.currency",
        "HotelUpdateInput.currency",
        "SalonCreateInput.currency",
        "SalonUpdateInput.currency",
        "MoneyInput.currency",
        "BookingChargeAddInput.amount",
        "BookingDeskPaymentRecordInput.amount",
    }
    forbidden = re.compile(r"^(price|amount|total|currency|userId|guestId|ownerId|accountId|role)$", re.IGNORECASE)
    sent = [
        f"{kind.name}.{name}"
        for kind in input_types_of_mutations()
        for name in kind.fields
        if forbidden.match(name) and f"{kind.name}.{name}" not in allowed
    ]
    assert sent == []


def test_what_takes_inventory_or_money_takes_an_idempotency_key() -> None:
    for name in ("bookingCreate", "paymentCreate"):
        taken = get_named_type(MUTATIONS[name].args["input"].type)
        assert isinstance(taken, GraphQLInputObjectType)
        assert isinstance(taken.fields["idempotencyKey"].type, GraphQLNonNull)


def literal(kind: GraphQLInputType) -> str:
    """The shortest value of this type, as it stands in a document."""
    if isinstance(kind, GraphQLNonNull | GraphQLList):
        inner: str = literal(kind.of_type)
        return inner if isinstance(kind, GraphQLNonNull) else f"[{inner}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        required = (
            f"{name}: {literal(part.type)}" for name, part in kind.fields.items() if is_required_input_field(part)
        )
        return f"{{{', '.join(required)}}}"
    return SAMPLES.get(get_named_type(kind).name, '"x"')


def is_user_error(kind: GraphQLObjectType) -> bool:
    return "UserError" in {interface.name for interface in kind.interfaces}


def named(field: GraphQLField) -> GraphQLNamedType:
    return get_named_type(field.type)


def is_list(kind: GraphQLOutputType) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def output_fields() -> Iterator[tuple[str, GraphQLField]]:
    for kind in OWN_TYPES:
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field


def input_types_of_mutations() -> Iterator[GraphQLInputObjectType]:
    """With what they contain."""
    waiting = [get_named_type(argument.type) for field in MUTATIONS.values() for argument in field.args.values()]
    seen: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLInputObjectType) and kind.name not in seen:
            seen.add(kind.name)
            yield kind
            waiting.extend(get_named_type(field.type) for field in kind.fields.values())


def meanings() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument, input field and value of an enum with its description."""
    for kind in OWN_TYPES:
        yield kind.name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description
        parts: dict[str, GraphQLField] | dict[str, GraphQLInputField] = {}
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            parts = kind.fields
        for name, part in parts.items():
            yield f"{kind.name}.{name}", part.description
            arguments: dict[str, GraphQLArgument] = getattr(part, "args", {})
            for argument_name, argument in arguments.items():
                yield f"{kind.name}.{name}({argument_name})", argument.description
