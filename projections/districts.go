package projections

import "grantledger/domain/division"

// NamesDistrict tells whether a filter's value of a district key names the code,
// itself or as a parent. In the current view an old code names the one that
// replaced it; in the recorded view it names itself only.
func NamesDistrict(r *division.Register, recorded bool, k Key, value, code string) bool {
	switch {
	case value == None || code == "":
		return value == None && code == ""
	case k != District:
		return division.Below(code, value)
	case !recorded:
		return r.Current(value) == code
	}
	return value == code
}
