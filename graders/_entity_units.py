"""Units of measurement that `entity` reads: the dimension of each, and its size in base units."""

from __future__ import annotations

from typing import NamedTuple

_TABLE = """
length 1: m meter meters metre metres
length 1000: km kilometer kilometers kilometre kilometres kms
length 0.01: cm centimeter centimeters centimetre centimetres
length 0.001: mm millimeter millimeters millimetre millimetres
length 1e-6: micrometer micrometers micrometre micrometres µm μm micron microns
length 1e-9: nm nanometer nanometers nanometre nanometres
length 0.3048: ft foot feet
length 0.0254: inch inches
length 0.9144: yd yard yards
length 1609.344: mi mile miles
length 1852: nmi
mass 1: kg kilogram kilograms kilogramme kilogrammes kilo kilos
mass 0.001: g gram grams gramme grammes
mass 1e-6: mg milligram milligrams
mass 1000: tonne tonnes ton tons
mass 0.45359237: lb lbs pound pounds
mass 0.028349523: oz ounce ounces
time 1: s sec secs second seconds
time 60: min mins minute minutes
time 3600: h hr hrs hour hours
time 86400: day days
time 604800: week weeks
month 1: month months
month 12: year years yr yrs
month 120: decade decades
month 1200: century centuries
area 1: m2 m² sqm
area 1e6: km2 km²
area 4046.8564: acre acres
area 10000: ha hectare hectares
volume 1: l liter liters litre litres
volume 0.001: ml milliliter milliliters millilitre millilitres
volume 3.785411784: gallon gallons
celsius 1: °c celsius centigrade
fahrenheit 1: °f fahrenheit
kelvin 1: kelvin kelvins
angle 1: degree degrees ° deg
share 1: % percent pct
dollar 1: $ dollar dollars usd us$
euro 1: € euro euros eur
pound 1: £ gbp
yen 1: ¥ yen jpy
rupee 1: ₹ rupee rupees inr
byte 1: byte bytes
byte 1e3: kb kilobyte kilobytes
byte 1e6: mb megabyte megabytes
byte 1e9: gb gigabyte gigabytes
byte 1e12: tb terabyte terabytes
power 1: w watt watts
power 1000: kw kilowatt kilowatts
power 1e6: mw megawatt megawatts
speed 1: mph
speed 0.621371192: kph kmh km/h
voltage 1: volt volts v
frequency 1: hz hertz
frequency 1e3: khz
frequency 1e6: mhz
frequency 1e9: ghz
"""


class Unit(NamedTuple):
    """The dimension of a unit, and its size in base units."""

    measures: str
    factor: float


UNITS: dict[str, Unit] = {
    name: Unit(head.split()[0], float(head.split()[1]))
    for head, _, names in (line.partition(":") for line in _TABLE.strip().splitlines())
    for name in names.split()
}
SIGNS = "".join(name for name in UNITS if len(name) == 1 and not name.isalpha())
"""Symbols written next to the number."""
