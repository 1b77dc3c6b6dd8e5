"""The data is found in the project and in an installed wheel."""

from x12retro.guide import places


def test_in_the_project_the_data_lies_beside_the_package():
    assert (places.maps_dir() / "dataele.xml").is_file()
    assert places.fixtures_dir().name == "fixtures"


def test_in_a_wheel_the_data_lies_inside_the_package(tmp_path, monkeypatch):
    for name in ("_maps", "_fixtures"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(places, "_PACKAGE", tmp_path)
    assert places.maps_dir() == tmp_path / "_maps"
    assert places.fixtures_dir() == tmp_path / "_fixtures"
