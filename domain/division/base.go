package division

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the register and the code lists are part of the program
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed areacodes.csv
var areacodes []byte

// SHA256 is the digest of areacodes.csv in hex, as ledger.opened.v1 names the
// register that the ledger began with.
func SHA256() string { return digest() }

var digest = sync.OnceValue(func() string {
	sum := sha256.Sum256(areacodes)
	return hex.EncodeToString(sum[:])
})

// Base is the register of areacodes.csv alone.
func Base() *Register { return base() }

var base = sync.OnceValue(func() *Register {
	rows := map[string][]Row{}
	for _, f := range records(areacodes) {
		row := Row{
			Code: f[0], Name: f[1], Level: f[2], Province: f[3], Prefecture: f[4],
			From: year(f[5]), To: year(f[6]), Successors: successors(f[7]),
		}
		rows[row.Code] = append(rows[row.Code], row)
	}
	for code := range rows {
		slices.SortStableFunc(rows[code], func(a, b Row) int { return a.From - b.From })
	}
	return newRegister(rows)
})

// records reads an embedded list without its header line. The lists are part of
// the program: a fault in one is ours.
func records(file []byte) [][]string {
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("division: embedded list: %v", err))
	}
	return all[1:]
}

func year(s string) int {
	if s == "" {
		return 0
	}
	y, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("division: year %q in areacodes.csv", s))
	}
	return y
}

// successors reads "130402[2016] 130404": codes separated by spaces, each with
// the year when it moved by itself.
func successors(s string) []Successor {
	var out []Successor
	for _, f := range strings.Fields(s) {
		code, at, _ := strings.Cut(strings.TrimSuffix(f, "]"), "[")
		out = append(out, Successor{code, year(at)})
	}
	return out
}
