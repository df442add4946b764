package division

import (
	_ "embed" // the code lists are part of the program
	"sync"
)

// Purpose is what money may be spent for (purposes.csv).
type Purpose struct {
	Code   string
	ZH, EN string
	Class  string // class of the yearly disclosure, in Chinese
	Slogan string // two characters of the welfare lottery's slogan, in Chinese
}

// Subject is a subject of the government budget (subjects.csv). It is kept per
// fund as text; a local finance office must confirm it for the year.
type Subject struct {
	Code   string
	Kind   string // function, revenue, economic
	ZH, EN string
}

//go:embed purposes.csv
var purposesFile []byte

//go:embed subjects.csv
var subjectsFile []byte

var purposes = sync.OnceValue(func() (list []Purpose) {
	for _, f := range records(purposesFile) {
		list = append(list, Purpose{Code: f[0], ZH: f[1], EN: f[2], Class: f[3], Slogan: f[4]})
	}
	return list
})

var subjects = sync.OnceValue(func() (list []Subject) {
	for _, f := range records(subjectsFile) {
		list = append(list, Subject{Code: f[0], Kind: f[1], ZH: f[2], EN: f[3]})
	}
	return list
})

// Classes are the four classes of the yearly disclosure, in its order.
func Classes() []string {
	return []string{"老年人福利", "残疾人福利", "儿童福利", "社会公益"}
}

// Purposes lists the purposes in the order of the list; it is to be read only.
func Purposes() []Purpose { return purposes() }

// Subjects lists the budget subjects in the order of the list; it is to be read
// only.
func Subjects() []Subject { return subjects() }

// PurposeOf finds a purpose by its code.
func PurposeOf(code string) (Purpose, bool) {
	for _, p := range purposes() {
		if p.Code == code {
			return p, true
		}
	}
	return Purpose{}, false
}

// SubjectOf finds a budget subject by its code.
func SubjectOf(code string) (Subject, bool) {
	for _, s := range subjects() {
		if s.Code == code {
			return s, true
		}
	}
	return Subject{}, false
}
