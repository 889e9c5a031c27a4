"""The mails of accounts, in the languages that we speak."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from grpc_services.auth.mails import Purpose

VERIFY_PAGE = "/account/verify"
RESET_PAGE = "/account/reset"
# Pages of the gateway; news lead to where somebody can act on them.
PAGES = {
    Purpose.VERIFY_EMAIL: VERIFY_PAGE,
    Purpose.CONFIRM_EMAIL: VERIFY_PAGE,
    Purpose.RESET_PASSWORD: RESET_PAGE,
    Purpose.EMAIL_CHANGED: RESET_PAGE,
    Purpose.PASSWORD_CHANGED: RESET_PAGE,
    Purpose.ACCOUNT_DELETED: "/",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Words:
    """An empty button: nothing to follow."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    plain: str
    html: str


_FOOTERS = {
    "en": "Innkeeper sends you this message because of your account. Replies to it are not read.",
    "fr": "Innkeeper vous écrit au sujet de votre compte. Les réponses à ce message ne sont pas lues.",
    "ru": "Innkeeper пишет вам по поводу вашей учётной записи. Ответы на это письмо не читаются.",
}
_WORDS: dict[str, dict[Purpose, Words]] = {
    "en": {
        Purpose.VERIFY_EMAIL: Words(
            "Please verify your e-mail address",
            (
                "Welcome to Innkeeper. Please tell us that this address is yours. The link works once, for three days.",
                "You have not registered? Then somebody mistyped their address, and you need do nothing.",
            ),
            "Verify the address",
        ),
        Purpose.CONFIRM_EMAIL: Words(
            "Please confirm your new e-mail address",
            (
                "You asked to use this address for your Innkeeper account. The link works once, for one day.",
                "It was not you? Then you need do nothing.",
            ),
            "Use this address",
        ),
        Purpose.RESET_PASSWORD: Words(
            "Choose a new password",
            (
                "Somebody, probably you, asked for a new password. The link works once, for one hour.",
                "It was not you? Then you need do nothing: your password stays as it is.",
            ),
            "Choose a password",
        ),
        Purpose.EMAIL_CHANGED: Words(
            "Your e-mail address was changed",
            (
                "Your Innkeeper account has another e-mail address now. We write to the old one for the last time.",
                "It was not you? Then please write to our support at once.",
            ),
        ),
        Purpose.PASSWORD_CHANGED: Words(
            "Your password was changed",
            (
                "Your Innkeeper account has a new password, and its other sessions have ended.",
                "It was not you? Then please choose another password at once.",
            ),
            "Choose a password",
        ),
        Purpose.ACCOUNT_DELETED: Words(
            "Your account was deleted",
            (
                (
                    "Your Innkeeper account and what it said of you are gone. Hotels keep your past bookings in their "
                    "books without your name."
                ),
                "Thank you for travelling with us.",
            ),
        ),
    },
    "fr": {
        Purpose.VERIFY_EMAIL: Words(
            "Vérifiez votre adresse e-mail",
            (
                (
                    "Bienvenue chez Innkeeper. Dites-nous que cette adresse est la vôtre. Le lien sert une seule fois, "
                    "pendant trois jours."
                ),
                "Vous n’avez pas créé de compte ? Quelqu’un s’est trompé d’adresse, vous n’avez rien à faire.",
            ),
            "Vérifier l’adresse",
        ),
        Purpose.CONFIRM_EMAIL: Words(
            "Confirmez votre nouvelle adresse e-mail",
            (
                (
                    "Vous avez demandé à utiliser cette adresse pour votre compte Innkeeper. Le lien sert une seule "
                    "fois, pendant un jour."
                ),
                "Ce n’était pas vous ? Vous n’avez rien à faire.",
            ),
            "Utiliser cette adresse",
        ),
        Purpose.RESET_PASSWORD: Words(
            "Choisissez un nouveau mot de passe",
            (
                (
                    "Quelqu’un, sans doute vous, a demandé un nouveau mot de passe. Le lien sert une seule fois, "
                    "pendant une heure."
                ),
                "Ce n’était pas vous ? Vous n’avez rien à faire : votre mot de passe reste le même.",
            ),
            "Choisir un mot de passe",
        ),
        Purpose.EMAIL_CHANGED: Words(
            "Votre adresse e-mail a changé",
            (
                (
                    "Votre compte Innkeeper a maintenant une autre adresse. Nous écrivons à l’ancienne pour la "
                    "dernière fois."
                ),
                "Ce n’était pas vous ? Écrivez tout de suite à notre assistance.",
            ),
        ),
        Purpose.PASSWORD_CHANGED: Words(
            "Votre mot de passe a changé",
            (
                "Votre compte Innkeeper a un nouveau mot de passe, et ses autres sessions sont terminées.",
                "Ce n’était pas vous ? Choisissez tout de suite un autre mot de passe.",
            ),
            "Choisir un mot de passe",
        ),
        Purpose.ACCOUNT_DELETED: Words(
            "Votre compte est supprimé",
            (
                (
                    "Votre compte Innkeeper et ce qu’il disait de vous sont effacés. Les hôtels gardent vos "
                    "réservations passées dans leurs livres, sans votre nom."
                ),
                "Merci d’avoir voyagé avec nous.",
            ),
        ),
    },
    "ru": {
        Purpose.VERIFY_EMAIL: Words(
            "Подтвердите адрес электронной почты",
            (
                "Добро пожаловать в Innkeeper. Подтвердите, что этот адрес ваш. Ссылка действует один раз, три дня.",
                "Вы не регистрировались? Значит, кто-то ошибся адресом, и делать ничего не нужно.",
            ),
            "Подтвердить адрес",
        ),
        Purpose.CONFIRM_EMAIL: Words(
            "Подтвердите новый адрес электронной почты",
            (
                (
                    "Вы попросили использовать этот адрес для учётной записи Innkeeper. Ссылка действует один раз, "
                    "один день."
                ),
                "Это были не вы? Тогда делать ничего не нужно.",
            ),
            "Использовать этот адрес",
        ),
        Purpose.RESET_PASSWORD: Words(
            "Выберите новый пароль",
            (
                "Кто-то, вероятно вы, запросил новый пароль. Ссылка действует один раз, один час.",
                "Это были не вы? Тогда делать ничего не нужно: пароль останется прежним.",
            ),
            "Выбрать пароль",
        ),
        Purpose.EMAIL_CHANGED: Words(
            "Ваш адрес электронной почты изменён",
            (
                "У вашей учётной записи Innkeeper теперь другой адрес. На старый мы пишем в последний раз.",
                "Это были не вы? Сразу напишите в нашу поддержку.",
            ),
        ),
        Purpose.PASSWORD_CHANGED: Words(
            "Ваш пароль изменён",
            (
                "У вашей учётной записи Innkeeper новый пароль, остальные её сеансы завершены.",
                "Это были не вы? Сразу выберите другой пароль.",
            ),
            "Выбрать пароль",
        ),
        Purpose.ACCOUNT_DELETED: Words(
            "Ваша учётная запись удалена",
            (
                (
                    "Ваша учётная запись Innkeeper и сведения о вас удалены. Прошлые бронирования остаются в книгах "
                    "отелей без вашего имени."
                ),
                "Спасибо, что путешествовали с нами.",
            ),
        ),
    },
}


def written(purpose: Purpose, locale: str, link: str) -> Written:
    words = _WORDS[locale][purpose]
    facts = {
        "locale": locale,
        "subject": words.subject,
        "paragraphs": words.paragraphs,
        "button": words.button,
        "link": link,
        "footer": _FOOTERS[locale],
    }
    plain, html = (_TEMPLATES.get_template(name).render(facts) for name in ("mail.txt", "mail.html"))
    return Written(words.subject, plain, html)
