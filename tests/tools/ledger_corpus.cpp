#include "tools/ledger_corpus.hpp"

#include <array>

namespace atlas::test {

namespace {

constexpr auto replies = std::to_array<std::string_view>({
    // Everyday answers
    "Sure, I can help you with that. What would you like to know first?",
    "It's a quarter past three in the afternoon, so you still have plenty of time before the shop closes.",
    "Good morning! How can I help you today?",
    "I'm sorry to hear that. Let me see what I can do for you right away.",
    "The weather tomorrow looks mostly sunny, with a light breeze from the west and a high of 72 degrees.",
    "No problem at all. Your reminder is set for seven o'clock tomorrow morning.",
    "Yes, the museum is open on Sundays, but it closes an hour earlier than usual, so I would plan to be "
    "there "
    "before four.",
    "Let me check that for you. One moment, please.",
    "I found three restaurants nearby. The closest one is an Italian place, about five minutes on foot.",
    "That sounds like a lovely idea! Would you prefer a table inside, or one on the terrace?",
    "Of course. I've moved your appointment from Tuesday to Thursday, at the same time.",
    "I don't have that information, unfortunately, but I can find out and call you back.",
    "Absolutely. You can cancel your subscription at any time, without any extra cost.",
    "Well, it depends on what you need. If you travel often, the larger plan is better value.",
    "The fastest way is to take the blue line to Central Station, change to the red line there, and get off "
    "at "
    "the third stop.",
    "Okay, I'll turn off the lights in the kitchen and lower the temperature in the living room.",
    "You're welcome. Is there anything else I can do for you?",
    "I didn't quite catch that. Could you say your last name again, please?",
    "The short answer is yes. The longer answer is that it takes a little preparation, some patience, and a "
    "bit "
    "of luck.",
    "Thanks for waiting. Your package left the warehouse last night and should arrive by the end of the day.",
    // Money
    "Your total comes to $29.95, including tax.",
    "The deluxe room is $189 per night, and the standard room is $142, both with breakfast included.",
    "Your current balance is $1,250.75, and the minimum payment due is $35.",
    "Shipping costs $4.99 for orders under $50. Above that, it's free.",
    "We can offer you a 15% discount, which brings the price down to $84.15.",
    "The fee is 2.5% of the amount, with a minimum of $10 and a maximum of $250.",
    "Last month you spent $432.18 on groceries, $96 on transport, and $57.40 on coffee.",
    "The repair would cost between $300 and $450, depending on the parts we need.",
    "I've sent $75 to your daughter. She should see it within 30 minutes.",
    "For €20 more you get twice the data, and calls to 45 countries are included.",
    // Numbers, phones, codes
    "You can reach our support team at 555-0142, Monday through Friday.",
    "Your confirmation code is 7 4 2 9. I'll repeat that: 7 4 2 9.",
    "Flight 1482 to Denver leaves from gate 27 at 6:45 p.m. and arrives at 9:10.",
    "There are 12 people ahead of you, and the average wait is about 8 minutes.",
    "The population of the city was 643,000 in 2010, and it had grown to 715,500 by 2020.",
    "Your order number is 48213. Please keep it until the parcel arrives.",
    "Room 305 is on the third floor, next to the elevator.",
    "The distance is roughly 384,400 kilometers, which light travels in just over a second.",
    "You have 3 new messages and 14 unread emails, 2 of them marked as urgent.",
    "The recipe needs 250 grams of flour, 3 eggs, and half a liter of milk.",
    // Dates
    "Your next appointment is on Thursday, March 14th, at 10:30 in the morning.",
    "The contract started on January 1, 2024, and it runs until December 31, 2026.",
    "She was born in 1969 and moved to Chicago in 1994, shortly after finishing school.",
    "The office is closed from December 24th through January 2nd. We open again on Monday the 5th.",
    "Your passport expires on August 9, 2027, so you don't have to renew it before your trip in June.",
    "The sale ends this Friday at midnight, and the new prices start on the 1st of May.",
    "I have openings on the 17th at 9 a.m., on the 18th at noon, and on the 22nd at 3:15 p.m.",
    "The library was founded in 1887, rebuilt in 1932, and renovated in 2015.",
    // Questions
    "Did you mean the store on Main Street, or the one at the airport?",
    "How many people will be traveling, and when would you like to leave?",
    "Would you like me to send you a text message with the address?",
    "Before we begin, could you confirm your date of birth and the last four digits of your account number?",
    "Are you still there?",
    "Which one would you like: small, medium, or large?",
    "Shall I book it for you now, or would you rather think about it?",
    "Can you tell me a bit more about the problem? For example, when did it first happen?",
    // Abbreviations
    "Dr. Smith is available on Wednesday afternoon, and Dr. Patel on Friday morning.",
    "The package was delivered to 42 Elm St. at 2 p.m. and signed for by Mrs. Johnson.",
    "The U.S. office opens at 9 a.m. Eastern time, which is 3 p.m. in Berlin.",
    "Prof. Miller's lecture on modern art, e.g. on cubism, starts at 6 p.m. in the main hall.",
    "Please bring two forms of identification, such as a passport, a driver's license, etc.",
    "The new TV has 4 HDMI ports, two USB ports, and supports WiFi.",
    "NASA launched the probe in 1977, and it's still sending data back.",
    "Your ID card is ready. Please pick it up at the HR desk, Mr. Lee.",
    // Lists
    "Here are the steps. First, unplug the router. Second, wait for thirty seconds. Third, plug it back in "
    "and "
    "wait until the light turns green.",
    "You'll need:\n- two onions\n- a can of tomatoes\n- some fresh basil\n- and a little olive oil",
    "There are three options: you can return the item for a refund, exchange it for another size, or keep it "
    "and get a 10% credit.",
    "1. Open the app.\n2. Tap on your profile.\n3. Choose Settings, then Privacy.",
    "The colors are red, blue, green, yellow, orange, and purple.",
    "On Monday you have a dentist appointment, on Tuesday a meeting with Sarah, on Wednesday nothing at all, "
    "and "
    "on Thursday your flight to Boston.",
    "**Basic** includes email support. **Plus** adds phone support, and **Premium** gives you a personal "
    "manager.",
    "We have apples, pears, and grapes today; the strawberries come in tomorrow.",
    // Long answers
    "Photosynthesis is the process by which plants turn sunlight into food. They take in carbon dioxide from "
    "the "
    "air and water from the soil, and with the energy of the light they make sugar and oxygen.",
    "The story begins in a small village by the sea, where an old fisherman lives with his granddaughter. "
    "Every "
    "evening they walk to the harbor together, look at the boats, and talk about the storms of the past.",
    "If you want to sleep better, try to go to bed at the same time every night. Avoid screens during the "
    "last "
    "hour, keep the room cool and dark, and don't drink coffee in the afternoon.",
    "A mortgage is a loan that you use to buy a home. The house itself is the security, which means that the "
    "bank "
    "can take it if you stop paying. Most people pay it back over 15 or 30 years.",
    "The Roman Empire reached its greatest extent under Trajan, around the year 117. It stretched from "
    "Britain in "
    "the northwest to Mesopotamia in the east, and it was home to perhaps 60 million people.",
    "To reset your password, open the login page and choose the option below the form. We'll send you an "
    "email "
    "with a link. The link works for 20 minutes, and after that you have to ask for a new one.",
    "I understand that this is frustrating. What I can do is open a ticket with our technical team, mark it "
    "as "
    "urgent, and make sure that somebody gets back to you within 24 hours.",
    "Jupiter is by far the largest planet in our solar system. It is more than 300 times as heavy as the "
    "Earth, "
    "and its famous red spot is a storm that has been raging for centuries.",
    "Your car needs an oil change, and the front brakes are worn. We recommend replacing them soon, because "
    "they "
    "might not last another winter. The whole job takes about two hours.",
    "The train at 8:05 is direct and takes 2 hours and 40 minutes. The one at 8:30 is cheaper, but you have "
    "to "
    "change twice, and you would arrive just after noon.",
    "Interest rates have gone up three times this year, so a fixed rate is attractive at the moment; "
    "however, if "
    "you expect to sell within five years, a variable rate may still save you money.",
    "Let me explain. When the battery is below 20 percent, the phone switches to a mode that saves power. It "
    "dims the screen, stops background updates, and limits the processor, so everything feels slower.",
    // Short ones and asides
    "Got it.",
    "Yes, that's right.",
    "Hmm, let me think about that for a second...",
    "Done! I've added milk, bread, and butter to your list.",
    "I see. And how long has this been going on?",
    "Great choice! It's one of our most popular dishes, and it's vegetarian, too.",
    "Oh, that's interesting - I've never heard anybody say that before!",
    "All right, then. Have a wonderful evening, and take care of yourself.",
    // Addresses, names, quotes, odd words
    "You can find all the details on https://www.example.com/help/returns?lang=en or in the app.",
    "He said \"I will be back before midnight\", and then he left without another word.",
    "The capital of Australia is Canberra (not Sydney, as many people think), and about 450,000 people live "
    "there.",
    "See [our opening hours](https://example.com/hours) for the holidays, or simply ask me.",
    "Your meeting with Alexandra Papadopoulos and Christopher Montgomery has been rescheduled to Wednesday.",
    "The characteristics of extraordinarily sophisticated telecommunications infrastructure are a bit hard "
    "to "
    "explain in one or two words.",
    "It was a dark night, and the rain would not stop. We sat by the fire, we had some tea, and no one said "
    "a "
    "word.",
    "As of version 3.2, the feature is on by default; in version 2.8 you have to enable it under Settings.",
});

}  // namespace

std::span<const std::string_view> assistant_replies() { return replies; }

}  // namespace atlas::test
