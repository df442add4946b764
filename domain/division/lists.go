package division

import (
	_ "embed" // the code lists
	"encoding/csv"
	"strings"
	"sync"
)

//go:embed purposes.csv
var purposesCSV string

//go:embed subjects.csv
var subjectsCSV string

// Purpose is what a fund's money may be spent on.
type Purpose struct {
	Code, ZH, EN string
	Class        string // disclosure class: 老年人福利, 残疾人福利, 儿童福利, 社会公益
	Slogan       string
}

// Subject is a budget subject code of the yearly table, kept with a fund as text.
type Subject struct{ Code, Kind, ZH, EN string }

// Purposes lists the purposes in the order of the list.
var Purposes = sync.OnceValue(func() []Purpose {
	var out []Purpose
	for _, f := range table(purposesCSV) {
		out = append(out, Purpose{Code: f[0], ZH: f[1], EN: f[2], Class: f[3], Slogan: f[4]})
	}
	return out
})

var purposesByCode = sync.OnceValue(func() map[string]Purpose {
	m := map[string]Purpose{}
	for _, p := range Purposes() {
		m[p.Code] = p
	}
	return m
})

// PurposeOf gives a purpose by its code.
func PurposeOf(code string) (Purpose, bool) {
	p, ok := purposesByCode()[code]
	return p, ok
}

// Subjects lists the budget subjects in the order of the list.
var Subjects = sync.OnceValue(func() []Subject {
	var out []Subject
	for _, f := range table(subjectsCSV) {
		out = append(out, Subject{f[0], f[1], f[2], f[3]})
	}
	return out
})

func table(text string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("division: " + err.Error())
	}
	return rows[1:]
}

const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CheckUSCC tells the status of a unified social credit code (GB 32100):
// valid, checksum_failed, masked (it has a *) or missing.
func CheckUSCC(code string) string {
	switch {
	case code == "":
		return "missing"
	case strings.Contains(code, "*"):
		return "masked"
	case len(code) != 18:
		return "checksum_failed"
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(usccAlphabet, code[i])
		if v < 0 {
			return "checksum_failed"
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if strings.IndexByte(usccAlphabet, code[17]) != (31-sum%31)%31 {
		return "checksum_failed"
	}
	return "valid"
}
