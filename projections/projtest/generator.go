package projtest

import "grantledger/projections/generate"

// Generator makes the events of the tests of both read models.
type Generator = generate.Generator

// Province is a generator with the size of PERFORMANCE.md.
func Province(events int) *Generator { return generate.Province(events) }

// Village is a small generator in which everything meets everything.
func Village(seed uint64, events int) *Generator { return generate.Village(seed, events) }
