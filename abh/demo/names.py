"""Names, places and employers of the demo: invented by combining lists, legal by DIN 91379."""

from __future__ import annotations

# Nationality, common given names (f, m), family names. Shares follow no statistic of persons.
ORIGINS: tuple[tuple[str, int, str, str, str], ...] = (
    ("IND", 24, "Ananya Priya Meera Kavya Deepika Isha", "Arjun Rohan Vikram Karthik Sanjay Nikhil",
     "Sharmapuri Nairwal Deshmundi Reddyvar Iyerkand Guptalan"),
    ("TUR", 12, "Ayşe Elif Zeynep Şule Gülçin", "Emre Çağlar Mehmet Uğur Özgür",
     "Yıldıztepe Öztürkan Karadağlı Şahinbey Çelikkol Güneşer"),
    ("CHN", 10, "Xiù Lì Fāng Mei Yùn", "Wěi Jūn Hào Qiang Míng", "Zhāngwen Lǐbai Wángyu Liúsheng"),
    ("RUS", 6, "Olʹga Ekaterina Natalʹja Irina", "Sergej Dmitrij Aleksej Pavel",
     "Morozovskaja Lebedinskij Sokolovič Orlovcev"),
    ("UKR", 7, "Oksana Darija Solomija Natalija", "Andrij Taras Bohdan Oleksij",
     "Šovkunenko Kravčynsʹka Lysenkivsʹkyj Bondarčuk"),
    ("IRN", 6, "Parisa Nāzanin Shirin Leila", "Āraš Behnām Kāve Reza",
     "Rostamiān Kāzemipūr Tehrānizāde Šīrāzi"),
    ("BRA", 5, "Beatriz Conceição Luíza", "João Antônio Caíque",
     "Guimarãesinho Araújo-Brandão Simões"),
    ("EGY", 5, "Mariam Nūr Yasmīn", "Aḥmad Karīm Ṭāriq", "El-Maṣrāwī Abdelʿazīm Farūqī"),
    ("TUN", 4, "Amel Rim Syrine", "Anis Houssem Walid", "Ben Youssefine Trabelsiani Gharbioui"),
    ("SRB", 4, "Jelena Milica Đurđica", "Nemanja Đorđe Živko", "Đokićević Šarićanin Živanovski"),
    ("VNM", 4, "Thị Hương Ngọc Ánh", "Đức Quốc Hữu", "Nguyễnthanh Trầnvăn Phạmđình"),
    ("USA", 4, "Madison Harper Quinn", "Tyler Hudson Blake", "Whitmorrow O'Kensington Hallbrook"),
    ("ZAF", 3, "Thandiwe Lerato Anneke", "Sipho Pieter Themba",
     "Nkosimbini van der Merwenaar Dlaminor"),
    ("JPN", 3, "Sakurako Haruka Yūko", "Kenjirō Takumi Shōta", "Yamanobe Ōkawara Fujisakiya"),
    ("IDN", 3, "Dewi Sri", "Budi Agung", "Suryaningrat Wijayakusuma"),
)  # fmt: skip

CITIES_OF_BIRTH = (
    "Pune",
    "İzmir",
    "Chéngdū",
    "Lʹviv",
    "Shīrāz",
    "São Paulo",
    "Tunis",
    "Niš",
    "Ōsaka",
)

STREETS = (
    "Birkhahnstraße", "Am Alten Speicher", "Lindenkamp", "Färberwinkel", "Nussbaumallee",
    "Kranichweg", "Mühlengrund", "Sankt-Ansgar-Platz", "Rosengarten", "Ziegelhof",
)  # fmt: skip
POSTCODES = (
    "40210",
    "40213",
    "40215",
    "40221",
    "40227",
    "40233",
    "40235",
    "40476",
    "40549",
    "40597",
)

COMPANY_FIRST = (
    "Rheinbogen", "Kranhaus", "Niederfeld", "Lindenhof", "Nordlicht", "Silberkamp", "Altstadtwerk",
    "Hafenkopf", "Sternwarte", "Weidengrund", "Blaupause", "Südpark",
)  # fmt: skip
COMPANY_SECOND = (
    "Software", "Maschinenbau", "Medizintechnik", "Logistik", "Energiesysteme", "Chemie",
    "Beratung", "Robotik", "Telekom", "Architektur",
)  # fmt: skip
COMPANY_FORM = ("GmbH", "AG", "SE", "GmbH & Co. KG")

# Occupation, ISCO-08 group, whether it is on the list of shortage occupations (§ 18g(1) S. 2).
JOBS: tuple[tuple[str, str, bool], ...] = (
    ("Softwareentwicklung", "2512", True),
    ("Systemanalyse", "2511", True),
    ("Maschinenbauingenieurwesen", "2144", True),
    ("Elektroingenieurwesen", "2151", True),
    ("Datenbankentwicklung", "2521", True),
    ("Betriebswirtschaft", "2421", False),
    ("Marktforschung", "2431", False),
    ("Steuerberatung", "2411", False),
    ("Assistenzärztin oder Assistenzarzt", "2211", True),
)
DEGREES = ("M.Sc. Informatik", "B.Eng. Maschinenbau", "M.A. Wirtschaft", "B.Sc. Elektrotechnik")
