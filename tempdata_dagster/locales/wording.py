"""Words that names of firms, domains and pages are put together from. They are our own, and common enough to name nobody."""

from __future__ import annotations

_FIRST = """
amber ash autumn birch blue bold brass bright brook calm cedar clear cliff clover cobalt copper coral crest crisp dawn
deep delta dune east elm ember even fair fern field fine first flint frost gale glass gold good granite green grove
harbor hazel heath high hill ivory jade juniper keen kind lake lark laurel light lime linen long lunar maple marble
meadow mellow mild mint mist moss noble north nova oak ocean olive onyx open opal orchard pearl pebble pine plain polar
prime quartz quick quiet rain raven red reed ridge river robin rowan ruby rust sage salt sand sierra silver sky slate
smart snow solar south spark spring spruce star steady still stone storm summer sun swift teal terra thistle tidal
timber topaz true vale velvet verde violet vivid warm water west wild willow winter wren zephyr
"""
_SECOND = """
arc atlas bay beam bench bloom board bridge camp cart cast circle cloud coast corner craft crew dale den depot desk dock
door draft edge farm ferry flow forge form foundry frame gate goods grid guild haven hive home hub index island kit lab
lane leaf ledger line link loft loop mark market mason mill mint nest node notes ocean orbit outfit park parts path peak
pier pilot pixel place plan point port post press pulse quarry range reach road room root scale shed shelf ship shop
signal site smith song source space span spot square stack stage station stem step store stream studio supply system
table tower trade trail trust vault view village walk wave way wharf wheel window wing wire wood works yard zone
"""
FIRST_WORDS = tuple(_FIRST.split())
SECOND_WORDS = tuple(_SECOND.split())
