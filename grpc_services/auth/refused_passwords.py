"""Long enough, and still among the first that anybody would try. Compared without case.

Written by ourselves, under the licence of this project: no collection of leaked passwords was copied.
"""

from __future__ import annotations

_LISTED = """
0123456789 01234567890 0987654321 1029384756 1111111111 1122334455 1234512345 12345678900 1234567890
12345678910 123456789a 1234567891 123456789q 12345qwert 1357924680 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
9876543210 987654321a a123456789 abcd123456 abcdefghij abcdefghijk administrator aaaaaaaaaa adminadmin
asdfghjkl1 asdfghjkl; asdfasdfasdf azertyuiop baseball123 changeme123 dragon1234 football123 football12
hello12345 helloworld iloveyou12 iloveyou123 innkeeper1 innkeeper123 letmein123 letmeinnow liverpool1
lovelovelove manchester motdepasse motdepasse1 password00 password01 password10 password11 password12
password123 password1234 password12345 password123456 passwordpassword p@ssw0rd123 princess123 q1w2e3r4t5
q1w2e3r4t5y6 qazwsxedcr qazwsxedcrfv qwerasdfzxcv qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1
qwertyuiop[] secret1234 spiderman1 sunshine12 sunshine123 superman12 superman123 testtest12 testtest123
welcome123 welcome1234 whatever12 zaq12wsxcde zxcvbnm123 пароль1234 пароль12345 парольпароль йцукенгшщз
йцукенгшщзхъ
"""

REFUSED_PASSWORDS = frozenset(_LISTED.split())

_WORDS = """
abc access admin administrator alexander amour anna azerty baseball batman bienvenue bonjour charlie chocolate
chocolat computer daniel default dragon football freedom guest hello hockey hotel hotelier iloveyou innkeeper jennifer
jessica jordan ktm letmein liverpool login loulou love lovely manchester marseille master michael michelle monkey
mustang mypassword nicolas nopassword ordinateur passe passwd password passwort princess princesse qazwsx qwerty
reservation root salon samsung secret service shadow soccer soleil starwars summer sunshine superman system temp test
thomas trustno user welcome whatever winter zaqwsx zxcvbn zxcvbnm motdepasse doudou
александр андрей гостиница дмитрий единорог елена любовь максим марина наташа отель пароль привет россия самсунг
сергей солнышко спартак татьяна администратор йцукен
"""

COMMON_WORDS = frozenset(_WORDS.split())
KEYBOARD_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "йцукенгшщзхъ",
    "фывапролджэ",
)
