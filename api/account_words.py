"""What the small pages of accounts say, in the languages that we speak."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    verify_title: str
    verify_text: str
    verify_button: str
    verified: str
    reset_title: str
    ask_text: str
    ask_button: str
    email: str
    asked: str
    new_password: str
    repeated_password: str
    password_hint: str
    reset_button: str
    was_reset: str
    different: str
    bad_password: str
    bad_email: str
    spent: str
    taken: str
    too_many: str  # with {seconds}
    away: str


WORDS = {
    "en": Words(
        verify_title="Your e-mail address",
        verify_text="Please confirm that this address is yours.",
        verify_button="Yes, it is mine",
        verified="Thank you, the address is confirmed. You may close this page.",
        reset_title="A new password",
        ask_text="Tell us the address of your account. If there is one, we send it a link.",
        ask_button="Send the link",
        email="E-mail address",
        asked="If there is an account with this address, a mail is on its way to it.",
        new_password="New password",  # noqa: S106
        repeated_password="The same again",  # noqa: S106
        password_hint="10 to 128 characters, not one of the common ones.",  # noqa: S106
        reset_button="Save the password",
        was_reset="The new password is saved, and every session has ended. You may sign in now.",
        different="The two passwords are not the same.",
        bad_password="This password will not do: 10 to 128 characters, and not one that is easy to guess.",  # noqa: S106
        bad_email="This is not an e-mail address.",
        spent="This link was used before or has run out. Please ask for a new one.",
        taken="Another account has this address meanwhile.",
        too_many="That was too often. Please try again in {seconds} seconds.",
        away="A part of the platform is not answering. Please try again later.",
    ),
    "fr": Words(
        verify_title="Votre adresse e-mail",
        verify_text="Confirmez que cette adresse est la vôtre.",
        verify_button="Oui, c’est la mienne",
        verified="Merci, l’adresse est confirmée. Vous pouvez fermer cette page.",
        reset_title="Un nouveau mot de passe",
        ask_text="Indiquez l’adresse de votre compte. S’il existe, nous lui envoyons un lien.",
        ask_button="Envoyer le lien",
        email="Adresse e-mail",
        asked="Si un compte existe à cette adresse, un message vient de lui être envoyé.",
        new_password="Nouveau mot de passe",  # noqa: S106
        repeated_password="Encore une fois",  # noqa: S106
        password_hint="De 10 à 128 caractères, pas un mot de passe courant.",  # noqa: S106
        reset_button="Enregistrer",
        was_reset="Le nouveau mot de passe est enregistré et toutes les sessions sont terminées. Connectez-vous.",
        different="Les deux mots de passe ne sont pas les mêmes.",
        bad_password="Ce mot de passe ne convient pas : de 10 à 128 caractères, et difficile à deviner.",  # noqa: S106
        bad_email="Ce n’est pas une adresse e-mail.",
        spent="Ce lien a déjà servi ou n’est plus valable. Demandez-en un nouveau.",
        taken="Un autre compte utilise maintenant cette adresse.",
        too_many="C’était trop souvent. Réessayez dans {seconds} secondes.",
        away="Une partie de la plateforme ne répond pas. Réessayez plus tard.",
    ),
    "ru": Words(
        verify_title="Ваш адрес электронной почты",
        verify_text="Подтвердите, что этот адрес ваш.",
        verify_button="Да, это мой адрес",
        verified="Спасибо, адрес подтверждён. Эту страницу можно закрыть.",
        reset_title="Новый пароль",
        ask_text="Укажите адрес вашей учётной записи. Если она есть, мы отправим ссылку.",
        ask_button="Отправить ссылку",
        email="Адрес электронной почты",
        asked="Если учётная запись с этим адресом есть, письмо уже отправляется.",
        new_password="Новый пароль",  # noqa: S106
        repeated_password="Ещё раз",  # noqa: S106
        password_hint="От 10 до 128 знаков, не из самых распространённых.",  # noqa: S106
        reset_button="Сохранить пароль",
        was_reset="Новый пароль сохранён, все сеансы завершены. Теперь можно войти.",
        different="Пароли не совпадают.",
        bad_password="Этот пароль не подходит: от 10 до 128 знаков, и чтобы его было трудно угадать.",  # noqa: S106
        bad_email="Это не адрес электронной почты.",
        spent="Эта ссылка уже использована или истекла. Запросите новую.",
        taken="Этот адрес теперь у другой учётной записи.",
        too_many="Слишком часто. Попробуйте снова через {seconds} с.",
        away="Часть платформы не отвечает. Попробуйте позже.",
    ),
}
