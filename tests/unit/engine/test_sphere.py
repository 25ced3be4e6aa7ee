from __future__ import annotations

import numpy as np

from tempdata_dagster.engine.sphere import RADIUS_KM, arcsine, cosine, distance_km, sine


def test_sine_and_cosine_are_those_of_the_machine():
    degrees = np.linspace(-270.0, 270.0, 100_001)
    assert np.abs(sine(degrees) - np.sin(np.radians(degrees))).max() < 1e-13
    assert np.abs(cosine(degrees) - np.cos(np.radians(degrees))).max() < 1e-13


def test_arcsine_is_that_of_the_machine():
    x = np.linspace(0.0, 1.0, 100_001)
    assert np.abs(arcsine(x) - np.arcsin(x)).max() < 5e-8
    small = np.linspace(0.0, 0.001, 1_001)[1:]
    assert (np.abs(arcsine(small) / np.arcsin(small) - 1.0)).max() < 1e-14


def test_distances_of_well_known_cities():
    berlin, munich = (np.array([52.52]), np.array([13.405])), (np.array([48.137]), np.array([11.575]))
    auckland, antipode = (np.array([-36.85]), np.array([174.76])), (np.array([36.85]), np.array([-5.24]))
    assert abs(distance_km(berlin, munich)[0] - 504.4) < 1.0
    assert distance_km(berlin, berlin)[0] == 0.0
    assert abs(distance_km(auckland, antipode)[0] - np.pi * RADIUS_KM) < 1.0
