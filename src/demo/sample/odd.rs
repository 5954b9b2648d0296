//! Messages that no builder would make: a forged sender, and text that tries to reach the terminal.

/// Raw messages with their age in seconds. All lie in INBOX, unread. `{date}` is filled in.
pub const MESSAGES: [(i64, &str); 3] = [
    (
        14_400,
        "Received: from unknown (HELO mailer) (203.0.113.77) by mx.demo.example with SMTP; {date}\n\
         From: \"service@harbour-bank.example\" <x9931@mailer-77.invalid>\n\
         Reply-To: <refund@mailer-77.invalid>\n\
         To: robin@demo.example\n\
         Subject: Your account will be closed today\n\
         Date: {date}\n\
         Message-ID: <forged.1@mailer-77.invalid>\n\
         MIME-Version: 1.0\n\
         Content-Type: text/html; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\
         \n\
         <html><body><p>Dear customer,</p>\n\
         <p>we could not verify your identity. Please sign in within <b>two hours</b>:</p>\n\
         <p><a href=\"http://203.0.113.77/harbour-bank.example/login\">https://www.harbour-bank.example/login</a></p>\n\
         <p>Your Harbour Bank</p></body></html>\n",
    ),
    (
        151_200,
        "From: =?utf-8?q?Curious_Cat=1B[31m?= <cat@example.net>\n\
         To: robin@demo.example\n\
         Subject: =?utf-8?q?Does_your_terminal_obey_me=3F_=1B]0;gotcha=07=1B[2J?=\n\
         Date: {date}\n\
         Message-ID: <escapes.1@example.net>\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\
         \n\
         This message contains what some programs pass to the terminal:\n\
         \n\
           clear the screen:      [\u{1b}[2J]\n\
           paint it red:          [\u{1b}[41m]\n\
           set the window title:  [\u{1b}]0;owned\u{7}]\n\
           turn text around:      [\u{202e}txt.exe\u{202c}]\n\
           the same, 8 bit:       [\u{9b}2J]\n\
         \n\
         If you can read this line in your usual colours, nothing happened.\n",
    ),
    (
        277_200,
        "From: Old Gateway <gateway@legacy.example>\n\
         To: undisclosed-recipients:;\n\
         Subject: Fax from 0431 555 0199 (2 pages)\n\
         Date: {date}\n\
         Message-ID: <fax.1@legacy.example>\n\
         Content-Type: multipart/mixed; boundary=\"fax\"\n\
         \n\
         This text is seen only by programs that do not know MIME.\n\
         --fax\n\
         \n\
         Fax received, 2 pages, 1 of them upside down.\n\
         --fax\n\
         Content-Type: application/octet-stream; name=\"page 1.tif\"\n\
         Content-Transfer-Encoding: base64\n\
         Content-Disposition: attachment; filename=\"../../page 1.tif\"\n\
         \n\
         SUkqAAgAAAAAAA==\n\
         --fax--\n",
    ),
];
