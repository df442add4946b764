package memory_test

import (
	"testing"

	"grantledger/projections"
	"grantledger/projections/memory"
	"grantledger/projections/projtest"
)

func TestContract(t *testing.T) {
	projtest.Run(t, func(_ *testing.T, log *projtest.Log) projections.Model { return memory.New(log) })
}
