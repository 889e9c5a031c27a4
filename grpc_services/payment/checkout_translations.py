"""French and Russian texts of the checkout pages, by their English ones."""

from __future__ import annotations

FRENCH = {
    "Skip to the payment": "Aller au paiement",
    "Test system.": "Système de test.",
    "No real cards, no real money.": "Ni vraies cartes, ni vrai argent.",
    "Payments": "Paiements",
    "Card details go to the bank and are never kept by %(merchant)s.": (
        "Les données de la carte vont à la banque ; %(merchant)s ne les conserve jamais."
    ),
    "Card number": "Numéro de carte",
    "Expiry date": "Date d’expiration",
    "Security code": "Code de sécurité",
    "Name on card": "Nom sur la carte",
    "Error:": "Erreur :",
    "Pay %(amount)s": "Payer %(amount)s",
    "What you pay for": "Ce que vous payez",
    "Pay %(merchant)s": "Payer %(merchant)s",
    "%(time)s left.": "Temps restant : %(time)s.",
    "Please pay by:": "À payer avant :",
    "Please check one field": "Veuillez vérifier un champ",
    "Please check %(count)s fields": "Veuillez vérifier %(count)s champs",
    "Nothing was charged. For your safety the card number and security code must be typed again.": (
        "Rien n’a été débité. Par sécurité, saisissez de nouveau le numéro et le code de la carte."
    ),
    "The payment did not go through": "Le paiement n’a pas abouti",
    "Nothing was charged.": "Rien n’a été débité.",
    "You can try once more, with this card or another.": (
        "Vous pouvez essayer encore une fois, avec cette carte ou une autre."
    ),
    "You can try %(count)s more times, with this card or another.": (
        "Vous pouvez essayer encore %(count)s fois, avec cette carte ou une autre."
    ),
    "Pay by card": "Payer par carte",
    "Month and year": "Mois et année",
    "On the back": "Au dos",
    "MM/YY": "MM/AA",
    "Test cards": "Cartes de test",
    "Any future expiry date, any security code and any name will do.": (
        "Toute date future, tout code et tout nom conviennent."
    ),
    "%(brand)s ending in %(last4)s": "%(brand)s se terminant par %(last4)s",
    "Confirm with your bank": "Confirmez auprès de votre banque",
    "your bank asks whether this payment is really yours.": "votre banque demande si ce paiement est bien le vôtre.",
    "Amount": "Montant",
    "Approve %(amount)s": "Approuver %(amount)s",
    "Refuse": "Refuser",
    "Please answer by:": "Répondez avant :",
    (
        "After a refusal you can pay with another card. This page plays the part of a bank; a real one "
        "would ask for a code or its app."
    ): (
        "Après un refus vous pouvez payer avec une autre carte. Cette page joue le rôle d’une banque ; "
        "une vraie demanderait un code ou son application."
    ),
    "The payment failed": "Le paiement a échoué",
    (
        "Too many cards were declined, so this payment is over. Nothing was charged. Start a new "
        "payment from your booking."
    ): (
        "Trop de cartes ont été refusées : ce paiement est terminé. Rien n’a été débité. Recommencez "
        "depuis votre réservation."
    ),
    "Not paid": "Non payé",
    "This payment was cancelled": "Ce paiement a été annulé",
    "It takes no more money, and nothing was charged.": "Il n’accepte plus d’argent et rien n’a été débité.",
    "Not charged": "Non débité",
    "The time to pay is over": "Le délai de paiement est dépassé",
    "The last moment to pay was:": "Le paiement était possible jusqu’à :",
    "Start again from your booking.": "Recommencez depuis votre réservation.",
    "Back to your booking": "Retour à votre réservation",
    "Paid": "Payé",
    "Paid. Thank you!": "Payé. Merci !",
    "%(merchant)s has received %(amount)s.": "%(merchant)s a reçu %(amount)s.",
    "You are charged once, even if the form was sent again.": (
        "Vous êtes débité une seule fois, même si le formulaire est renvoyé."
    ),
    "Card": "Carte",
    "Given back": "Remboursé",
    "The money was given back": "L’argent vous est rendu",
    "%(amount)s goes back to your card, which may take some days.": (
        "%(amount)s reviennent sur votre carte ; cela peut prendre quelques jours."
    ),
    "You will be taken back in %(count)s seconds.": "Vous serez redirigé dans %(count)s secondes.",
    "You can close this page.": "Vous pouvez fermer cette page.",
    "Payment approved, being completed": "Paiement approuvé, en cours",
    "Your bank has approved the payment": "Votre banque a approuvé le paiement",
    ("It is being completed, which takes a few seconds. This page looks again by itself; you need not pay again."): (
        "Il se termine dans quelques secondes. Cette page s’actualise seule ; inutile de payer de nouveau."
    ),
    "Look again now": "Actualiser maintenant",
    "Waiting for your bank": "En attente de votre banque",
    "Your bank has not answered yet": "Votre banque n’a pas encore répondu",
    "Nothing is charged so far. This page looks again by itself; please do not pay twice.": (
        "Rien n’est débité pour l’instant. Cette page s’actualise seule ; ne payez pas deux fois."
    ),
    "Merchant": "Marchand",
    "Booking": "Réservation",
    "For": "Pour",
    "Details": "Détails",
    "HH:mm 'UTC on' d MMMM y": "HH:mm 'UTC le' d MMMM y",
    "less than a minute": "moins d’une minute",
    "Your bank declined the card.": "Votre banque a refusé la carte.",
    "There is not enough money on the card.": "La provision de la carte est insuffisante.",
    "Your bank says that the card has expired.": "Selon votre banque, la carte a expiré.",
    "Your bank says that the security code is another one.": "Selon votre banque, le code de sécurité est différent.",
    "Your bank did not answer in time.": "Votre banque n’a pas répondu à temps.",
    "The payment was not confirmed with the bank.": "Le paiement n’a pas été confirmé auprès de la banque.",
    "Enter the card number.": "Saisissez le numéro de carte.",
    "A card number has 12 to 19 digits.": "Un numéro de carte compte de 12 à 19 chiffres.",
    "This card number is not valid. Check for a mistyped digit.": (
        "Ce numéro de carte n’est pas valable. Vérifiez les chiffres."
    ),
    "This is a test system that takes no real cards. Use one of the test cards listed below.": (
        "Ce système de test n’accepte pas de vraies cartes. Utilisez une carte de test de la liste."
    ),
    "Enter the expiry date.": "Saisissez la date d’expiration.",
    "Enter the expiry date as month and year, for example 04/30.": "Saisissez le mois et l’année, par exemple 04/30.",
    "The month is a number from 01 to 12.": "Le mois est un nombre de 01 à 12.",
    "This card has expired.": "Cette carte a expiré.",
    "This expiry date is too far in the future.": "Cette date d’expiration est trop lointaine.",
    "Enter the security code.": "Saisissez le code de sécurité.",
    "The security code has 3 or 4 digits.": "Le code de sécurité compte 3 ou 4 chiffres.",
    "Enter the name on the card.": "Saisissez le nom inscrit sur la carte.",
    "The name has at most 100 characters.": "Le nom compte 100 caractères au plus.",
}
RUSSIAN = {
    "Skip to the payment": "Перейти к оплате",
    "Test system.": "Тестовая система.",
    "No real cards, no real money.": "Ни настоящих карт, ни настоящих денег.",
    "Payments": "Платежи",
    "Card details go to the bank and are never kept by %(merchant)s.": (
        "Данные карты уходят в банк; %(merchant)s их не хранит."
    ),
    "Card number": "Номер карты",
    "Expiry date": "Срок действия",
    "Security code": "Код безопасности",
    "Name on card": "Имя на карте",
    "Error:": "Ошибка:",
    "Pay %(amount)s": "Оплатить %(amount)s",
    "What you pay for": "За что вы платите",
    "Pay %(merchant)s": "Оплата %(merchant)s",
    "%(time)s left.": "Осталось: %(time)s.",
    "Please pay by:": "Оплатите до:",
    "Please check one field": "Проверьте одно поле",
    "Please check %(count)s fields": "Проверьте поля: %(count)s",
    "Nothing was charged. For your safety the card number and security code must be typed again.": (
        "Деньги не списаны. В целях безопасности введите номер и код карты ещё раз."
    ),
    "The payment did not go through": "Оплата не прошла",
    "Nothing was charged.": "Деньги не списаны.",
    "You can try once more, with this card or another.": "Можно попробовать ещё раз, этой или другой картой.",
    "You can try %(count)s more times, with this card or another.": (
        "Осталось попыток: %(count)s, этой или другой картой."
    ),
    "Pay by card": "Оплата картой",
    "Month and year": "Месяц и год",
    "On the back": "На обороте",
    "MM/YY": "ММ/ГГ",
    "Test cards": "Тестовые карты",
    "Any future expiry date, any security code and any name will do.": (
        "Подойдут любой будущий срок, любой код и любое имя."
    ),
    "%(brand)s ending in %(last4)s": "%(brand)s, последние цифры %(last4)s",
    "Confirm with your bank": "Подтвердите в своём банке",
    "your bank asks whether this payment is really yours.": "банк спрашивает, действительно ли это ваш платёж.",
    "Amount": "Сумма",
    "Approve %(amount)s": "Подтвердить %(amount)s",
    "Refuse": "Отказаться",
    "Please answer by:": "Ответьте до:",
    (
        "After a refusal you can pay with another card. This page plays the part of a bank; a real one "
        "would ask for a code or its app."
    ): (
        "После отказа можно оплатить другой картой. Эта страница изображает банк; настоящий попросил бы "
        "код или подтверждение в приложении."
    ),
    "The payment failed": "Оплата не удалась",
    (
        "Too many cards were declined, so this payment is over. Nothing was charged. Start a new "
        "payment from your booking."
    ): ("Отклонено слишком много карт, этот платёж завершён. Деньги не списаны. Начните новый из своего бронирования."),
    "Not paid": "Не оплачено",
    "This payment was cancelled": "Этот платёж отменён",
    "It takes no more money, and nothing was charged.": "Он больше не принимает денег, ничего не списано.",
    "Not charged": "Не списано",
    "The time to pay is over": "Время оплаты истекло",
    "The last moment to pay was:": "Оплатить можно было до:",
    "Start again from your booking.": "Начните снова из своего бронирования.",
    "Back to your booking": "Вернуться к бронированию",
    "Paid": "Оплачено",
    "Paid. Thank you!": "Оплачено. Спасибо!",
    "%(merchant)s has received %(amount)s.": "%(merchant)s: получено %(amount)s.",
    "You are charged once, even if the form was sent again.": (
        "Деньги списываются один раз, даже если форма отправлена снова."
    ),
    "Card": "Карта",
    "Given back": "Возвращено",
    "The money was given back": "Деньги возвращены",
    "%(amount)s goes back to your card, which may take some days.": (
        "%(amount)s возвращается на вашу карту; это может занять несколько дней."
    ),
    "You will be taken back in %(count)s seconds.": "Вы вернётесь через %(count)s с.",
    "You can close this page.": "Эту страницу можно закрыть.",
    "Payment approved, being completed": "Платёж одобрен, завершается",
    "Your bank has approved the payment": "Банк одобрил платёж",
    ("It is being completed, which takes a few seconds. This page looks again by itself; you need not pay again."): (
        "Он завершится через несколько секунд. Страница обновится сама; платить снова не нужно."
    ),
    "Look again now": "Обновить сейчас",
    "Waiting for your bank": "Ждём ответа банка",
    "Your bank has not answered yet": "Банк ещё не ответил",
    "Nothing is charged so far. This page looks again by itself; please do not pay twice.": (
        "Пока ничего не списано. Страница обновится сама; не платите дважды."
    ),
    "Merchant": "Продавец",
    "Booking": "Бронирование",
    "For": "За что",
    "Details": "Подробности",
    "HH:mm 'UTC on' d MMMM y": "HH:mm 'UTC', d MMMM y",
    "less than a minute": "меньше минуты",
    "Your bank declined the card.": "Банк отклонил карту.",
    "There is not enough money on the card.": "На карте недостаточно денег.",
    "Your bank says that the card has expired.": "По данным банка, срок карты истёк.",
    "Your bank says that the security code is another one.": "По данным банка, код безопасности другой.",
    "Your bank did not answer in time.": "Банк не ответил вовремя.",
    "The payment was not confirmed with the bank.": "Платёж не подтверждён в банке.",
    "Enter the card number.": "Введите номер карты.",
    "A card number has 12 to 19 digits.": "В номере карты от 12 до 19 цифр.",
    "This card number is not valid. Check for a mistyped digit.": "Неверный номер карты. Проверьте цифры.",
    "This is a test system that takes no real cards. Use one of the test cards listed below.": (
        "Тестовая система не принимает настоящие карты. Возьмите тестовую карту из списка."
    ),
    "Enter the expiry date.": "Введите срок действия.",
    "Enter the expiry date as month and year, for example 04/30.": "Введите месяц и год, например 04/30.",
    "The month is a number from 01 to 12.": "Месяц — число от 01 до 12.",
    "This card has expired.": "Срок действия карты истёк.",
    "This expiry date is too far in the future.": "Слишком далёкий срок действия.",
    "Enter the security code.": "Введите код безопасности.",
    "The security code has 3 or 4 digits.": "В коде безопасности 3 или 4 цифры.",
    "Enter the name on the card.": "Введите имя, указанное на карте.",
    "The name has at most 100 characters.": "В имени не больше 100 знаков.",
}
