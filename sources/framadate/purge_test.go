package framadate

import "testing"

func TestDayOfDeletionIsReadWhereItIsCertain(t *testing.T) {
	for sentence, want := range map[string]string{
		"Date de suppression : lun. 11 janvier 2027": "2027-01-11", "Date de suppression : Mon 11 January 2027": "2027-01-11",
		"Date de suppression : dim. 1er août 2027": "2027-08-01", "Date de suppression\u00a0: mer. 8 décembre 2027": "2027-12-08",
		"Date de suppression : 11/01/2027": "2027-01-11", "Deletion date: 2027-01-11": "2027-01-11", "Deletion date: Mon  1 March 2027": "2027-03-01",
		"": "", "-": "", "Date de suppression : bientôt": "", "Date : lun. 31 février 2027": "", "Date : 11 Januar 2027": "",
		"Date : 111 janvier 2027": "", "Date : 11 janvier 27": "", "lun. 11 janvier 2027 et plus": "",
	} {
		if got := purgeDate(sentence, true); got != want {
			t.Errorf("%q: %q, want %q", sentence, got, want)
		}
	}
	if got := purgeDate("Deletion date: 01/11/2027", false); got != "" {
		t.Errorf("day or month: %q", got)
	}
}
