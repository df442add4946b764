package domain_test

import "testing"

func TestRulesOfAllocations(t *testing.T) {
	away := old + "2024-03-01 register-project project=Q name=x district=341881 purpose=elderly\n"
	hold(t, []row{
		{"allocate", "", "2024-03-01 allocate fund=F project=P amount=33.33", `allocation.made.v1 project/P F/2024/2 amount=3333
			F 341882 2024 v2024: available -33.33
			F p=P 341882 2024 v2024 elderly: allocated +33.33`},
		{"allocate oldest first", old, "2024-03-01 allocate fund=F project=P amount=100.01", `allocation.made.v1 project/P F/2024/3
			F 341882 2024 v2022: available -100.00
			F p=P 341882 2024 v2022 elderly: allocated +100.00
			F 341882 2024 v2024: available -0.01
			F p=P 341882 2024 v2024 elderly: allocated +0.01`},
		{"allocate one vintage", old, "2024-03-01 allocate fund=F project=P amount=100.01 vintage=2024", `allocation.made.v1 project/P F/2024/3
			F 341882 2024 v2024: available -100.01
			F p=P 341882 2024 v2024 elderly: allocated +100.01`},
		{"allocate to another district", away, "2024-03-01 allocate fund=F project=Q amount=40.00", `allocation.made.v1 project/Q F/2024/3
			F 341882 2024 v2022: available -40.00 transferred +40.00
			F p=Q 341881 2024 v2022 elderly: allocated +40.00 transferred -40.00`},
		{"allocate to a closed project", "2024-03-01 close-project project=P", "2024-03-01 allocate fund=F project=P amount=1.00", "! wrong_state"},
		{"allocate for another purpose", "2024-03-01 register-project project=Q name=x district=341881 purpose=children", "2024-03-01 allocate fund=F project=Q amount=1.00", "! purpose_not_allowed project"},
		{"closed before purpose", "2024-03-01 register-project project=Q name=x district=341881 purpose=children\n2024-03-01 close-project project=Q", "2024-03-01 allocate fund=F project=Q amount=1.00", "! wrong_state"},
		{"allocate too much", old, "2024-03-01 allocate fund=F project=P amount=1100.01", "! insufficient_available amount"},
		{"allocate too much of a vintage", old, "2024-03-01 allocate fund=F project=P amount=100.01 vintage=2022", "! insufficient_available amount"},
		{"allocate of a vintage that is not", "", "2024-03-01 allocate fund=F project=P amount=0.01 vintage=2023", "! insufficient_available amount"},
		{"allocate next year's", "", "2025-01-02 allocate fund=F project=P amount=0.01", "! insufficient_available amount"},
		{"a purpose taken off the list", "2024-03-01 set-fund-policy @admin-1 fund=F purposes=children", "2024-03-01 allocate fund=F project=P amount=1.00", "! purpose_not_allowed"},

		{"release", "2024-03-01 allocate fund=F project=P amount=33.33", "2024-03-02 release-allocation fund=F project=P amount=33.33", `allocation.released.v1 project/P F/2024/3
			F p=P 341882 2024 v2024 elderly: allocated -33.33
			F 341882 2024 v2024: available +33.33`},
		{"release the old to lapsed", away + "2024-03-01 receive-appropriation fund=F amount=10.00 document=N-3 vintage=2023\n2024-03-01 allocate fund=F project=Q amount=120.00", "2024-03-02 release-allocation fund=F project=Q amount=115.00", `allocation.released.v1 project/Q F/2024/5
			F p=Q 341881 2024 v2022 elderly: allocated -100.00 transferred +100.00
			F 341882 2024 v2022: lapsed +100.00 transferred -100.00
			F p=Q 341881 2024 v2023 elderly: allocated -10.00 transferred +10.00
			F 341882 2024 v2023: available +10.00 transferred -10.00
			F p=Q 341881 2024 v2024 elderly: allocated -5.00 transferred +5.00
			F 341882 2024 v2024: available +5.00 transferred -5.00`},
		{"release the old of a fund that does not lapse", old + "2024-03-01 allocate fund=F project=P amount=100.00\n2024-03-01 set-fund-policy @admin-1 fund=F lapses=false", "2024-03-02 release-allocation fund=F project=P amount=100.00", `allocation.released.v1 project/P F/2024/4
			F p=P 341882 2024 v2022 elderly: allocated -100.00
			F 341882 2024 v2022: available +100.00`},
		{"release from a closed list is fine", "2024-03-01 allocate fund=F project=P amount=1.00\n2024-03-01 set-fund-policy @admin-1 fund=F purposes=children", "2024-03-02 release-allocation fund=F project=P amount=1.00", `allocation.released.v1 project/P F/2024/3
			F p=P 341882 2024 v2024 elderly: allocated -1.00
			F 341882 2024 v2024: available +1.00`},
		{"release too much", "2024-03-01 allocate fund=F project=P amount=33.33", "2024-03-02 release-allocation fund=F project=P amount=33.34", "! insufficient_allocated amount"},

		{"move", away + "2024-03-01 allocate fund=F project=P amount=120.00", "2024-03-02 reallocate fund=F project=P to_project=Q amount=110.00", `allocation.moved.v1 project/P F/2024/4
			F p=P 341882 2024 v2022 elderly: allocated -100.00 transferred +100.00
			F p=Q 341881 2024 v2022 elderly: allocated +100.00 transferred -100.00
			F p=P 341882 2024 v2024 elderly: allocated -10.00 transferred +10.00
			F p=Q 341881 2024 v2024 elderly: allocated +10.00 transferred -10.00`},
		{"move too much", away + "2024-03-01 allocate fund=F project=P amount=120.00", "2024-03-02 reallocate fund=F project=P to_project=Q amount=120.01", "! insufficient_allocated amount"},
		{"move to a closed project", away + "2024-03-01 allocate fund=F project=P amount=120.00\n2024-03-01 close-project project=Q", "2024-03-02 reallocate fund=F project=P to_project=Q amount=1.00", "! wrong_state"},
		{"move to another purpose", "2024-03-01 allocate fund=F project=P amount=1.00\n2024-03-01 register-project project=Q name=x district=341881 purpose=children", "2024-03-02 reallocate fund=F project=P to_project=Q amount=1.00", "! purpose_not_allowed"},
		{"move to nowhere", "2024-03-01 allocate fund=F project=P amount=1.00", "2024-03-02 reallocate fund=F project=P to_project=X amount=1.00", "! unknown_subject to_project"},

		{"allocation reversed", old + "2024-03-01 allocate fund=F project=P amount=100.01", "2024-03-02 reverse-entry voucher=F/2024/3 reason=x", `entry.reversed.v1 project/P F/2024/4
			F 341882 2024 v2022: available +100.00
			F p=P 341882 2024 v2022 elderly: allocated -100.00
			F 341882 2024 v2024: available +0.01
			F p=P 341882 2024 v2024 elderly: allocated -0.01`},
		{"used allocation stays", away + "2024-03-01 allocate fund=F project=P amount=100.01\n2024-03-01 reallocate fund=F project=P to_project=Q amount=0.01", "2024-03-02 reverse-entry voucher=F/2024/3 reason=x", "! used_downstream"},
		{"release reversed", "2024-03-01 allocate fund=F project=P amount=33.33\n2024-03-02 release-allocation fund=F project=P amount=33.33", "2024-03-02 reverse-entry voucher=F/2024/3 reason=x", `entry.reversed.v1 project/P F/2024/4
			F p=P 341882 2024 v2024 elderly: allocated +33.33
			F 341882 2024 v2024: available -33.33`},
		{"move reversed", away + "2024-03-01 allocate fund=F project=P amount=1.00\n2024-03-02 reallocate fund=F project=P to_project=Q amount=1.00", "2024-03-02 reverse-entry voucher=F/2024/4 reason=x", `entry.reversed.v1 project/P F/2024/5
			F p=P 341882 2024 v2022 elderly: allocated +1.00 transferred -1.00
			F p=Q 341881 2024 v2022 elderly: allocated -1.00 transferred +1.00`},
	})
}
