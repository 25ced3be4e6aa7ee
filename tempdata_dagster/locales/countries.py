"""Which locale's names the people of a country have."""

from __future__ import annotations

from types import MappingProxyType

# ISO 3166-1 alpha-2 to the Faker locale of its largest language that has names of people. No language of Malaysia's, of the
# Philippines' and of Singapore's own has any: the nearest relative of Malay, and the English that is official there.
LOCALES = MappingProxyType({
    "AE": "ar_AA", "AM": "hy_AM", "AR": "es_AR", "AT": "de_AT", "AU": "en_GB", "AZ": "az_AZ", "BD": "bn_BD",
    "BE": "nl_BE", "BG": "bg_BG", "BH": "ar_AA", "BR": "pt_BR", "CA": "en_US", "CH": "de_CH", "CL": "es_CL",
    "CN": "zh_CN", "CO": "es_CO", "CY": "el_GR", "CZ": "cs_CZ", "DE": "de_DE", "DK": "da_DK", "DZ": "fr_DZ",
    "EE": "et_EE", "EG": "ar_AA", "ES": "es_ES", "FI": "fi_FI", "FR": "fr_FR", "GB": "en_GB", "GE": "ka_GE",
    "GH": "tw_GH", "GR": "el_GR", "HR": "hr_HR", "HU": "hu_HU", "ID": "id_ID", "IE": "en_IE", "IL": "he_IL",
    "IN": "en_IN", "IR": "fa_IR", "IS": "is_IS", "IT": "it_IT", "JO": "ar_AA", "JP": "ja_JP", "KE": "en_KE",
    "KR": "ko_KR", "LI": "de_LI", "LK": "si_LK", "LT": "lt_LT", "LU": "de_LU", "LV": "lv_LV", "MK": "mk_MK",
    "MX": "es_MX", "MY": "id_ID", "NG": "en_NG", "NL": "nl_NL", "NO": "no_NO", "NP": "ne_NP", "NZ": "en_NZ",
    "PH": "en_US", "PK": "en_PK", "PL": "pl_PL", "PS": "ar_PS", "PT": "pt_PT", "RO": "ro_RO", "RU": "ru_RU",
    "SA": "ar_SA", "SE": "sv_SE", "SG": "en_GB", "SI": "sl_SI", "SK": "sk_SK", "TH": "th_TH", "TR": "tr_TR",
    "TW": "zh_TW", "TZ": "sw", "UA": "uk_UA", "US": "en_US", "UZ": "uz_UZ", "VN": "vi_VN", "ZA": "zu_ZA",
})  # fmt: skip
