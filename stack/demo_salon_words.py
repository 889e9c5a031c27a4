"""Names, menus and opinions of the demo salons."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.salon.v1 import salon_pb2


@dataclass(frozen=True, slots=True)
class Line:
    """One service of a menu; the price in cents, `tidying` the minutes after it."""

    name: str
    description: str
    minutes: int
    tidying: int
    price: int
    prepaid: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    category: salon_pb2.ServiceCategory.ValueType
    title: str  # of who does it
    description: str
    services: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    author: str
    stars: int
    language: str
    title: str
    text: str


SALONS = (
    "24/24 Bains de Minuit",
    "Bains du Marais",
    "Hammam des Tuileries",
    "La Source",
    "Pierre et Sel",
    "Les Thermes Blancs",
    "Azur Intérieur",
    "Spa du Canal",
    "Le Petit Hammam",
    "Orangerie Spa",
    "Vapeur",
    "Le Jardin d'Eau",
    "Ciseaux d'Or",
    "Coupe Franche",
    "L'Atelier Boucle",
    "Chez Nadia",
    "Ongles & Co",
    "La Manucure",
    "Vernis Rouge",
    "Belle Peau",
    "Institut Clair",
    "Le Visage",
    "Mains d'Argile",
    "Shiatsu Bastille",
    "La Main Lente",
    "Barbier Saint-Paul",
    "Moustache",
    "Fard",
    "Studio Cils",
    "Rose Poudre",
)

STREETS = (
    "rue des Archives",
    "rue de Turenne",
    "rue Oberkampf",
    "rue de Charonne",
    "rue Mouffetard",
    "rue Monge",
    "rue Lecourbe",
    "rue du Commerce",
    "avenue de Clichy",
    "rue Lepic",
    "rue des Martyrs",
    "rue de Belleville",
    "rue de la Roquette",
    "rue Daguerre",
    "rue Cler",
    "rue de Passy",
    "rue de Lévis",
    "rue Montorgueil",
)

MASTERS = (
    "Amélie Laurent",
    "Karim Haddad",
    "Sofia Moreau",
    "Jules Perrin",
    "Nadia Benali",
    "Chloé Girard",
    "Mathis Leroy",
    "Irina Sokolova",
    "Thomas Faure",
    "Leïla Mansour",
    "Hugo Marchand",
    "Camille Roux",
    "Yasmine Diallo",
    "Léo Fontaine",
    "Anna Kowalska",
    "Paul Nguyen",
)

MENUS = (
    Menu(
        salon_pb2.SERVICE_CATEGORY_SPA,
        "Spa therapist",
        "Warm water, steam and quiet hands.",
        (
            Line("Hammam and scrub", "Steam, black soap and a scrub with the kessa glove.", 60, 15, 6900),
            Line("Hot stone massage", "Basalt stones along the back and the legs.", 75, 15, 9800, prepaid=True),
            Line("Express foot bath", "Salt, warm water and a short massage.", 25, 5, 2900),
        ),
    ),
    Menu(
        salon_pb2.SERVICE_CATEGORY_HAIR,
        "Hair stylist",
        "Cuts that still look right a month later.",
        (
            Line("Cut and blow-dry", "Wash, cut and blow-dry.", 45, 5, 4800),
            Line("Colour", "Full colour with a care mask.", 105, 10, 9500, prepaid=True),
            Line("Beard trim", "Shape, trim and a hot towel.", 25, 5, 2200),
        ),
    ),
    Menu(
        salon_pb2.SERVICE_CATEGORY_NAILS,
        "Nail artist",
        "Hands and feet, done with patience.",
        (
            Line("Manicure", "Shape, care and polish.", 40, 5, 3200),
            Line("Gel nails", "New set with a colour of your choice.", 90, 10, 6400, prepaid=True),
            Line("Pedicure", "Bath, care and polish.", 50, 10, 4200),
        ),
    ),
    Menu(
        salon_pb2.SERVICE_CATEGORY_FACE,
        "Beautician",
        "Care for the face, with products made in France.",
        (
            Line("Cleansing facial", "Steam, cleansing and a mask.", 60, 10, 6200),
            Line("Brows and lashes", "Shape and tint.", 35, 5, 3400),
        ),
    ),
    Menu(
        salon_pb2.SERVICE_CATEGORY_MASSAGE,
        "Massage therapist",
        "Massages for travellers' backs.",
        (
            Line("Deep tissue massage", "Slow and firm, for the whole back.", 60, 15, 7800),
            Line("Shiatsu", "On the mat, clothed.", 50, 10, 7000, prepaid=True),
            Line("Neck and shoulders", "Twenty-five minutes that save a day.", 25, 5, 3300),
        ),
    ),
)

OPINIONS = (
    Opinion("Nora K.", 5, "en", "Exactly on time", "Friendly, on time, and I could hardly get up again."),
    Opinion("Julien P.", 4, "fr", "Très bien", "Accueil chaleureux et beau résultat. Un peu de bruit dans la rue."),
    Opinion("Olga S.", 5, "ru", "Вернусь ещё", "Очень внимательный мастер, результат держится давно."),
    Opinion("Peter M.", 3, "en", "Good, a little rushed", "The result is fine, but we began ten minutes late."),
    Opinion("Inès D.", 5, "fr", "Parfait", "Mains expertes, conseils utiles, rien à redire."),
    Opinion("Sam W.", 4, "en", "Good value", "Clean, calm, fair price. I will book again."),
    Opinion("Claire B.", 2, "fr", "Déçue", "Rendez-vous décalé sans prévenir, dommage."),
)
