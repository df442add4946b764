package division

import "strings"

// What CheckUSCC says of an identifier.
const (
	Valid          = "valid"
	ChecksumFailed = "checksum_failed"
	Masked         = "masked"
	Missing        = "missing"
)

const usccDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CheckUSCC checks a unified social credit code (GB 32100): 18 characters, the
// last computed from the others with weights 3^(i-1) mod 31. An empty code is
// missing, one with an asterisk masked; everything else that is not right,
// whether by form or sum, is checksum_failed. A district is never read out of it.
func CheckUSCC(code string) string {
	switch {
	case code == "":
		return Missing
	case strings.Contains(code, "*"):
		return Masked
	case len(code) != 18:
		return ChecksumFailed
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(usccDigits, code[i])
		if v < 0 {
			return ChecksumFailed
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if code[17] != usccDigits[(31-sum%31)%31] {
		return ChecksumFailed
	}
	return Valid
}
