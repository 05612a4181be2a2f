"""What people write, by how they feel: clearly kind, neither, or clearly cross.

Keys of each table are the mood: -1, 0, 1.
"""

from collections.abc import Mapping

SALES_QUESTIONS: Mapping[int, tuple[str, ...]] = {
    1: (
        "Hi! I love what I read about your fibre plans, great prices. Which one suits four people?",
        "Hello, a happy neighbour of mine recommended you. Which plan is best for streaming?",
    ),
    0: (
        "Hi, which plan do I need for two people working from home?",
        "Hello, does the 500 plan include a router?",
        "Can I keep my phone number when I move to you?",
    ),
    -1: (
        "Your price page is confusing and I am annoyed. What does it really cost?",
        "This is frustrating, the plans are a horrible mess. What is the difference?",
    ),
}
SALES_REPLIES: Mapping[int, tuple[str, ...]] = {
    1: ("Wonderful, thank you so much, that is very helpful!", "Perfect, thanks, great service."),
    0: ("Okay, I will think about it.", "Understood. I will read the page."),
    -1: ("That is a bad answer, I am disappointed.", "Terrible. I am wasting my time here."),
}
SUPPORT_QUESTIONS: Mapping[int, tuple[str, ...]] = {
    1: (
        "Hi, everything is great so far, thank you! How do I set up a guest network?",
        "Hello, I am very happy with the speed. Where can I see my usage?",
    ),
    0: (
        "Hello, how do I change the name of my wifi?",
        "Hi, where do I find last month's bill?",
        "The light on the router is orange. What does it mean?",
    ),
    -1: (
        "The connection is terrible and keeps failing. This is awful and I am angry.",
        "My line is dead again. This is the worst service, I am really upset.",
        "I am furious about this bill. It is wrong and nobody helps.",
    ),
}
SUPPORT_REPLIES: Mapping[int, tuple[str, ...]] = {
    1: ("Brilliant, it works, thank you for the excellent help!", "Lovely, thanks a lot!"),
    0: ("Okay, I will try that.", "It shows the same now. I will wait."),
    -1: ("It still fails. This is useless and frustrating.", "No, that is a poor answer. Awful."),
}
AGENT_REPLIES = (
    "Let me look at that for you.",
    "I have checked your line from here.",
    "Please restart the router and wait for two minutes.",
    "Here is the page with all the details.",
)
COMPLAINTS = (
    (
        "I am very unhappy. The service has been terrible for weeks and nobody cares. "
        "I want to complain about this awful treatment."
    ),
    (
        "This is a formal complaint. The repair failed again, the delay is unacceptable and I am "
        "angry and disappointed."
    ),
    "Your bill is wrong and your support is the worst I have ever had. I am disgusted.",
)
COMPLAINT_ANSWERS = (
    "Thank you for writing. We have opened a case and will call you tomorrow.",
    "We have received your message. A colleague is looking at your line.",
)
QUOTE_REPLIES: Mapping[int, tuple[str, ...]] = {
    1: ("Thank you, that is a great offer. I am delighted.", "Excellent, thanks, very clear!"),
    0: ("Thanks for the numbers. I will come back to you.", "Received. Does it include VAT?"),
    -1: ("This is far too expensive. I am disappointed.", "Bad offer, the hidden fee is awful."),
}
SURVEY_COMMENTS: Mapping[int, tuple[str, ...]] = {
    1: ("Very happy, friendly and quick help!", "Excellent, thank you.", "Great, I love it."),
    0: ("It was as expected.", "It works.", ""),
    -1: (
        "Terrible, I waited for days.",
        "Awful experience, nobody told me anything.",
        "I am angry, the problem is still there.",
    ),
}
CASE_SUBJECTS = ("No connection", "Slow line", "Question about the bill", "Router fault")
CASE_REASONS = ("Fault", "Speed", "Billing", "Equipment")
AGENTS = ("Robin", "Sam", "Alex", "Jo", "Charlie", "Kim")


def said(table: Mapping[int, tuple[str, ...]], mood: int, number: int) -> str:
    """One of the things people say in this mood."""
    texts = table[mood]
    return texts[number % len(texts)]
