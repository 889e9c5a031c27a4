from __future__ import annotations

import pytest

from grpc_services.hotel.listed_names import readable_name


@pytest.mark.parametrize(
    ("official", "readable"),
    [
        ("HÔTEL DE L'EUROPE", "Hôtel de l'Europe"),
        ("HÔTEL LONDRES SAINT-HONORÉ", "Hôtel Londres Saint-Honoré"),
        ("HÔTEL IBIS STYLES PARIS GARE DE L'EST TGV", "Hôtel Ibis Styles Paris Gare de l'Est TGV"),
        ("LE  PETIT   PARIS", "Le Petit Paris"),
        ("PARIS", "Paris"),
        ("VITRY-LE-FRANÇOIS", "Vitry-le-François"),
        ("CHAMPAGNE-AU-MONT-D'OR", "Champagne-au-Mont-d'Or"),
        ("Hôtel déjà bien écrit", "Hôtel déjà bien écrit"),
    ],
)
def test_names_of_the_official_list_are_written_as_people_write_them(official: str, readable: str) -> None:
    assert readable_name(official) == readable
