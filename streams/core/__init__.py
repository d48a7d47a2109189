"""Pure decisions: normalise, scrub, place, classify, match, route, due time. Values in, values out."""
