"""What the demonstration history says, in three languages. Each text says that it belongs to a demonstration."""

from __future__ import annotations

from datasets.language import LanguageMap

NOTICE: LanguageMap = {
    "kk": (
        "Бұл шығарылымдар тізбегі — көрсетілім. Тізілім деректері модельденген, жариялау күндері шартты; қате, түзету, "
        "медициналық ұйымның жауабы, бағанның жаңа атауы және көрсеткішті алып тастау нақты оқиға емес."
    ),
    "ru": (
        "Эта цепочка выпусков — демонстрация. Данные Реестра смоделированы, даты публикации условны; ошибка, исправление, "
        "ответ медицинской организации, новое название столбца и отзыв показателя вымышлены."
    ),
    "en": (
        "This chain of releases is a demonstration. The Registry's data are simulated and the dates of publication notional; "
        "the error, the correction, the clinic's reply, the new name of a column and the withdrawal of a figure are made up."
    ),
}
WRONG_ON_PURPOSE: LanguageMap = {
    "kk": (
        "Көрсетілім: түзетудің қалай жасалатынын көрсету үшін алғашқы шығарылымдарда өңірлік брифингтер саны әдейі қате "
        "берілген: 94 орнына 49."
    ),
    "ru": (
        "Демонстрация: чтобы показать, как делается исправление, в первых выпусках число региональных брифингов нарочно "
        "дано неверно: 49 вместо 94."
    ),
    "en": (
        "Demonstration: to show how a correction is made, the first releases give the number of regional briefings wrongly "
        "on purpose: 49 instead of 94."
    ),
}
OUR_ERROR: LanguageMap = {
    "kk": "Көрсетілім: өңірлік брифингтер санын көшіргенде біз цифрларын ауыстырып алыппыз: құжаттағы 94 орнына 49.",
    "ru": "Демонстрация: переписывая число региональных брифингов, мы переставили цифры: 49 вместо 94 в документе.",
    "en": "Demonstration: when copying the number of regional briefings we exchanged its digits: 49 instead of 94.",
}
SOURCE_CORRECTION: LanguageMap = {
    "kk": "Көрсетілім: Тізілім бір айдағы кейбір дәрі беру сомаларының он есе артық жазылғанын хабарлап, сол айды қайта берді.",
    "ru": "Демонстрация: Реестр сообщил, что часть сумм за лекарства за месяц была завышена в десять раз, и передал его заново.",
    "en": "Demonstration: the Registry says that some of a month's drug amounts were ten times too large; it delivered it anew.",
}
RENAMING: LanguageMap = {
    "kk": "Көрсетілім: бағанның атауы өзгереді. Оны оқитын бағдарламалар сол күннен бастап жаңа атауды қолдануы керек.",
    "ru": "Демонстрация: столбец получит новое название. Программам, которые его читают, с этого дня понадобится новое.",
    "en": "Demonstration: the column gets a new name. Programs that read it need the new one from that day on.",
}
REPLY: LanguageMap = {
    "kk": "Көрсетілім: медициналық ұйым бұғаттауға негіз болған мәліметтер ескірген деп санайды және оларды тексеруді сұрайды.",
    "ru": "Демонстрация: организация считает сведения, ставшие основой блокировки, устаревшими и просит их проверить.",
    "en": "Demonstration: the clinic holds that the information behind the block is out of date, and asks for it to be checked.",
}
WITHDRAWAL: LanguageMap = {
    "kk": "Көрсетілім: көрсеткіш Тізілімнің өтініші бойынша алып тасталды.",
    "ru": "Демонстрация: показатель отозван по просьбе Реестра.",
    "en": "Demonstration: the figure was withdrawn at the Registry's request.",
}
PLANNED: LanguageMap = {
    "kk": "Тізілім деректер жиынтықтарының ай сайынғы шығарылымы (көрсетілім)",
    "ru": "Ежемесячный выпуск наборов данных Реестра (демонстрация)",
    "en": "Monthly release of the Registry's datasets (demonstration)",
}
