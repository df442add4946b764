package domain_test

import (
	"fmt"
	"strings"
	"testing"
)

// lot is three sacks for 100.00 in H, and a village project in the next county.
const lot = `
2024-03-01 register-project project=R name=x district=341822 purpose=rural
2024-03-01 receive-goods fund=H lot=L donor=C item=rice unit=sack quantity=3 value=100.00 basis=invoice receipt=R-1
`

func TestRulesOfGoods(t *testing.T) {
	deliver := func(q string) string {
		return "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=" + q + " docs=photo:a\n"
	}
	hold(t, []row{
		{"received", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=3 value=100.00 basis=appraisal receipt=R-1", `goods.received.v1 lot/L H/2024/1 quantity=3 value=10000 basis="appraisal"
			H o=C 341881 2024: income -100.00
			H 341881 2024: goods +100.00`},
		{"received without value", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=3 value=0.00 basis=none receipt=R-1", `goods.received.v1 lot/L - value=0`},
		{"value without basis", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=3 value=0.01 basis=none receipt=R-1", "! invalid_input"},
		{"basis without value", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=3 value=0.00 basis=market receipt=R-1", "! invalid_input"},
		{"no quantity", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=0 value=1.00 basis=market receipt=R-1", "! invalid_input quantity"},
		{"lottery fund", "", "2024-03-01 receive-goods fund=F lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market receipt=R-1", "! wrong_source"},
		{"receipt of a donation", "2024-03-01 receive-donation fund=H donor=C amount=1.00 receipt=R-1", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market receipt=R-1", "! duplicate_document receipt"},
		{"without receipt", "", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market", "! evidence_missing receipt"},
		{"lot twice", lot, "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market receipt=R-2", "! already_exists lot"},
		{"pledge of another donor", "2024-03-01 pledge-donation fund=H pledge=L donor=O amount=10.00 form=goods", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=1.00 basis=market receipt=R-2 pledge=L", "! pledge_mismatch"},
		{"more than pledged", "2024-03-01 pledge-donation fund=H pledge=L donor=C amount=10.00 form=goods", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=10.01 basis=market receipt=R-2 pledge=L", "! insufficient_pledge"},
		{"pledge kept", "2024-03-01 pledge-donation fund=H pledge=L donor=C amount=10.00 form=goods", "2024-03-01 receive-goods fund=H lot=L donor=C item=x unit=x quantity=1 value=10.00 basis=market receipt=R-2 pledge=L", `goods.received.v1 lot/L H/2024/2
			H o=C 341881 2024: income -10.00 pledge.open -10.00 pledge.fulfilled +10.00
			H 341881 2024: goods +10.00`},

		{"revalued up", lot, "2024-03-02 revalue-goods lot=L value=100.01 basis=appraisal", `goods.revalued.v1 lot/L H/2024/2 value=10001 basis="appraisal"
			H 341881 2024: goods +0.01
			H o=C 341881 2024: income -0.01`},
		{"revalued down in the next year", lot, "2025-03-02 revalue-goods lot=L value=40.00 basis=market", `goods.revalued.v1 lot/L H/2025/1
			H 341881 2025: goods -60.00
			H o=C 341881 2025: income +60.00`},
		{"revalued to the same", lot, "2024-03-02 revalue-goods lot=L value=100.00 basis=market", "! invalid_amount value"},
		{"revalued to nothing", lot, "2024-03-02 revalue-goods lot=L value=0.00 basis=market", "! invalid_amount value"},
		{"revalued without basis", lot, "2024-03-02 revalue-goods lot=L value=10.00 basis=none", "! invalid_input basis"},
		{"revalued late", lot + deliver("1"), "2024-03-02 revalue-goods lot=L value=10.00 basis=market", "! wrong_state"},
		{"revalued lot of nothing", "", "2024-03-02 revalue-goods lot=L value=10.00 basis=market", "! unknown_subject lot"},

		{"first third", lot, deliver("1"), `goods.delivered.v1 lot/L H/2024/2 quantity=1
			H 341881 2024: goods -33.33
			H p=R o=O 341882 2024 rural: delivered +33.33`},
		{"second third", lot + deliver("1"), deliver("1"), `goods.delivered.v1 lot/L H/2024/3
			H 341881 2024: goods -33.33
			H p=R o=O 341882 2024 rural: delivered +33.33`},
		{"the last unit takes the rest", lot + deliver("2"), deliver("1"), `goods.delivered.v1 lot/L H/2024/3
			H 341881 2024: goods -33.34
			H p=R o=O 341882 2024 rural: delivered +33.34`},
		{"of a revalued lot", lot + "2024-03-01 revalue-goods lot=L value=0.02 basis=market\n" + deliver("1"), deliver("1"), `goods.delivered.v1 lot/L H/2024/3
			H 341881 2024: goods -0.01
			H p=R o=O 341882 2024 rural: delivered +0.01`},
		{"after a reversed delivery", lot + deliver("1") + deliver("2") + "2024-03-03 reverse-entry voucher=H/2024/2 reason=x", deliver("1"), `goods.delivered.v1 lot/L H/2024/5
			H 341881 2024: goods -33.33
			H p=R o=O 341882 2024 rural: delivered +33.33`},
		{"more than is left", lot + deliver("2"), deliver("2"), "! insufficient_goods quantity"},
		{"for another purpose", lot, "2024-03-02 deliver-goods lot=L project=P organisation=O quantity=1 docs=photo:a", "! purpose_not_allowed project"},
		{"without a document", lot, "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1", "! evidence_missing docs"},
		{"with the wrong document", lot, "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1 docs=invoice:a", "! evidence_missing docs"},
		{"of no lot", "", "2024-03-02 deliver-goods lot=L project=P organisation=O quantity=1 docs=photo:a", "! unknown_subject lot"},

		{"write off", lot + deliver("1"), "2024-03-03 write-off-goods lot=L quantity=2 reason=x", `goods.written-off.v1 lot/L H/2024/3
			H 341881 2024: goods -66.67 loss +66.67`},
		{"write off too much", lot + deliver("1"), "2024-03-03 write-off-goods lot=L quantity=3 reason=x", "! insufficient_goods quantity"},
		{"write off without reason", lot, "2024-03-03 write-off-goods lot=L quantity=3", "! invalid_input reason"},
		{"deliver after writing off", lot + "2024-03-02 write-off-goods lot=L quantity=1 reason=x", deliver("2"), `goods.delivered.v1 lot/L H/2024/3
			H 341881 2024: goods -66.67
			H p=R o=O 341882 2024 rural: delivered +66.67`},

		{"lot reversed", lot, "2024-03-03 reverse-entry voucher=H/2024/1 reason=x", `entry.reversed.v1 lot/L H/2024/2
			H o=C 341881 2024: income +100.00
			H 341881 2024: goods -100.00`},
		{"opened lot stays", lot + deliver("1"), "2024-03-03 reverse-entry voucher=H/2024/1 reason=x", "! used_downstream"},
		{"full again", lot + deliver("1") + "2024-03-03 reverse-entry voucher=H/2024/2 reason=x", "2024-03-03 reverse-entry voucher=H/2024/1 reason=x", `entry.reversed.v1 lot/L H/2024/4
			H o=C 341881 2024: income +100.00
			H 341881 2024: goods -100.00`},
		{"reversed lot is empty", lot + "2024-03-03 reverse-entry voucher=H/2024/1 reason=x", deliver("1"), "! wrong_state"},
		{"a write-off is not reversible", lot + "2024-03-02 write-off-goods lot=L quantity=1 reason=x", "2024-03-03 reverse-entry voucher=H/2024/2 reason=x", "! not_reversible"},
		{"a revaluation is not reversible", lot + "2024-03-02 revalue-goods lot=L value=1.00 basis=market", "2024-03-03 reverse-entry voucher=H/2024/2 reason=x", "! not_reversible"},
	})
}

// TestGoodsAfterReversals: ten units for 15 fen leave with 1, 2, 1, 2 … fen.
// When the light ones come back, more value is out than the formula of section
// 5.2 gives for one unit more; that unit then leaves with nothing, never with a
// negative value, and the last one still takes the rest.
func TestGoodsAfterReversals(t *testing.T) {
	given := strings.ReplaceAll(strings.ReplaceAll(lot, "quantity=3", "quantity=10"), "100.00", "0.15")
	one := "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=1 docs=photo:a\n"
	given += strings.Repeat(one, 10)
	for n := 2; n <= 10; n += 2 {
		given += fmt.Sprintf("2024-03-03 reverse-entry voucher=H/2024/%d reason=x\n", n)
	}
	hold(t, []row{
		{"next", given, one, "goods.delivered.v1 lot/L - quantity=1"},
		{"rest", given + one, "2024-03-02 deliver-goods lot=L project=R organisation=O quantity=4 docs=photo:a", `goods.delivered.v1 lot/L H/2024/17
			H 341881 2024: goods -0.05
			H p=R o=O 341882 2024 rural: delivered +0.05`},
	})
}
