package api

import (
	"grantledger/domain"
)

// personalData refuses free text that holds a citizen number or a mobile
// number (API.md 10.7). Most commands hold no run of eleven digits at all.
func personalData(cmd *domain.Command, data []byte) error {
	if !longDigits(data) {
		return nil
	}
	if holdsPersonal(cmd.Memo) {
		return personalFault("memo")
	}
	for _, d := range cmd.Docs {
		if holdsPersonal(d.Name) {
			return personalFault("docs")
		}
	}
	return personalFields(cmd.Definition().Fields, data)
}

func personalFields(fields []domain.Field, object []byte) error {
	list, err := members(object)
	if err != nil {
		return nil // it was bound, so it is an object; nothing to look at otherwise
	}
	for _, m := range list {
		for i := range fields {
			if fields[i].Name != m.name {
				continue
			}
			if err := personalField(&fields[i], m.raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func personalField(f *domain.Field, raw []byte) error {
	switch f.Kind {
	case "text":
		if text, ok := textOf(raw); ok && holdsPersonal(text) {
			return personalFault(f.Name)
		}
	case "list":
		rows, _ := elements(raw)
		for _, row := range rows {
			if err := personalFields(f.Elem, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func personalFault(field string) error {
	p := newProblem("personal_data", "field", field)
	p.faults = []fault{{location: "body." + field, code: "pattern", message: p.title}} // the value itself is not repeated
	return p
}

// longDigits tells whether there are eleven digits in a row.
func longDigits(b []byte) bool {
	run := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			run = 0
			continue
		}
		if run++; run == 11 {
			return true
		}
	}
	return false
}

// holdsPersonal looks at every run of digits: 11 of them beginning with 13 to
// 19 are a mobile number, 17 with a fitting check character a citizen number.
func holdsPersonal(s string) bool {
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			i++
			continue
		}
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		run := s[i:end]
		if len(run) == 17 && end < len(s) && (s[end] == 'X' || s[end] == 'x') {
			run = s[i : end+1]
		}
		if isMobile(run) || isCitizen(run) {
			return true
		}
		i = end
	}
	return false
}

func isMobile(run string) bool { return len(run) == 11 && run[0] == '1' && run[1] >= '3' }

// isCitizen checks a number by GB 11643: a real date of birth, and the check
// character of ISO 7064 MOD 11-2.
func isCitizen(s string) bool {
	if len(s) != 18 {
		return false
	}
	birth := s[6:10] + "-" + s[10:12] + "-" + s[12:14]
	if year := s[6:10]; year < "1900" || year > "2199" {
		return false
	}
	if _, ok := domain.ParseDate("2000" + birth[4:]); !ok { // the ledger's dates begin in 1980; 2000 was a leap year
		return false
	}
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(s[i]-'0') * weight
	}
	check := "10X98765432"[sum%11]
	last := s[17]
	if last == 'x' {
		last = 'X'
	}
	return last == check
}
