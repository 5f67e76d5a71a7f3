"""Passive replies: what an app may put into its answer to a callback."""

from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, fromstring

from wecom.sandbox.crypto import BadEnvelopeError, Envelope

# Names of the reply's XML parts → names in the JSON cards.
NAMES = {
    "CardType": "card_type",
    "TaskId": "task_id",
    "IconUrl": "icon_url",
    "DescColor": "desc_color",
    "MainTitle": "main_title",
    "SubTitleText": "sub_title_text",
    "EmphasisContent": "emphasis_content",
    "HorizontalContentList": "horizontal_content_list",
    "VerticalContentList": "vertical_content_list",
    "JumpList": "jump_list",
    "CardAction": "card_action",
    "CardImage": "card_image",
    "ButtonList": "button_list",
    "CheckBox": "checkbox",
    "OptionList": "option_list",
    "SelectList": "select_list",
    "SubmitButton": "submit_button",
    "QuestionKey": "question_key",
    "KeyName": "keyname",
    "UserId": "userid",
    "ReplaceText": "replace_text",
    "ActionMenu": "action_menu",
    "ActionList": "action_list",
    "QuoteArea": "quote_area",
    "QuoteText": "quote_text",
    "IsChecked": "is_checked",
    "SelectedId": "selected_id",
    "AspectRatio": "aspect_ratio",
}
LISTS = {
    "horizontal_content_list",
    "vertical_content_list",
    "jump_list",
    "button_list",
    "option_list",
    "select_list",
    "action_list",
}
NUMBERS = {"type", "style", "mode", "desc_color"}


def opened(envelope: Envelope, body: str) -> Element:
    """The decrypted inner XML of an encrypted passive reply."""
    outer = _parsed(body)
    parts = [outer.findtext(name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")]
    if not all(parts):
        raise BadEnvelopeError("the reply lacks Encrypt, MsgSignature, TimeStamp or Nonce")
    return _parsed(envelope.open(*[part or "" for part in parts]))


def _parsed(text: str) -> Element:
    try:
        return fromstring(text)
    except ParseError as error:
        raise BadEnvelopeError("the reply is neither empty, nor success, nor XML") from error


def card_change(reply: Element) -> dict | None:
    """How the reply changes the card: like ``cards._change``. None for replies that are no card update."""
    kind = reply.findtext("MsgType")
    if kind == "update_button":
        return {"replace_name": reply.findtext("Button/ReplaceName") or ""}
    card = reply.find("TemplateCard")
    if kind == "update_template_card" and card is not None:
        fields = _fields(card)
        return {"card": fields, "replace_text": fields.pop("replace_text", "")}
    return None


def _fields(element: Element) -> dict:
    found: dict = {}
    for child in element:
        name = NAMES.get(child.tag, child.tag.lower())
        value = _fields(child) if len(child) else _value(name, child.text or "")
        if name in LISTS:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _value(name: str, text: str):
    return int(text) if name in NUMBERS and text.isdigit() else text
