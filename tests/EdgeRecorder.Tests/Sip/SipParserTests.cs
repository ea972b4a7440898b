using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Sip;

public sealed class SipParserTests
{
    private const string Minimal = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";

    public static TheoryData<string> Names => Vectors.Names;

    [Theory, MemberData(nameof(Names))]
    public void What_was_read_is_written_again_byte_for_byte(string name)
        => Assert.Equal(Latin1(Vectors.Of(name)), Latin1(Vectors.Read(name).ToBytes()));

    [Theory, MemberData(nameof(Names))]
    public void A_stream_gives_the_same_message_wherever_it_was_cut(string name)
    {
        byte[] wire = [.. "\r\n\r\n"u8, .. Vectors.Of(name), .. Vectors.Of("V6")];
        for (var cut = 0; cut <= wire.Length; cut++)
            Assert.Equal([Latin1(Vectors.Of(name)), Latin1(Vectors.Of("V6"))], MessagesOf([wire[..cut], wire[cut..]]));
        Assert.Equal([Latin1(Vectors.Of(name)), Latin1(Vectors.Of("V6"))], MessagesOf(wire.Select(b => new[] { b })));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_prefix_of_a_stream_waits_and_a_prefix_of_a_datagram_is_refused_or_has_a_shorter_body(string name)
    {
        var wire = Vectors.Of(name);
        var bodyAt = wire.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        for (var length = 0; length < wire.Length; length++)
        {
            Assert.False(SipParser.TryRead(wire.AsSpan(0, length), SipParser.LargestBody, out _, out var consumed, out var needed));
            Assert.Equal(0, consumed);
            Assert.Equal(length >= bodyAt ? wire.Length : 0, needed);
            if (length >= bodyAt)
                Assert.Equal(length - bodyAt, SipParser.ParseDatagram(wire.AsSpan(0, length))!.Body.Length);
            else if (length == 0)
                Assert.Null(SipParser.ParseDatagram([]));
            else
                Assert.Throws<ProtocolException>(() => SipParser.ParseDatagram(wire.AsSpan(0, length)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Damage_is_refused_as_a_protocol_error_and_as_nothing_else(string name)
    {
        foreach (var wreck in Damage.Of(Vectors.Of(name), Damage.Rounds / 10))
        {
            try
            {
                if (SipParser.ParseDatagram(wreck) is { } message)
                    Use(message);
            }
            catch (ProtocolException) { }
            try
            {
                SipParser.TryRead(wreck, SipParser.LargestBody, out _, out _, out _);
            }
            catch (ProtocolException) { }
        }
    }

    [Fact]
    public void V1_says_who_and_where()
    {
        var message = Vectors.Read("V1");
        Assert.Equal("REGISTER", message.Method);
        Assert.Equal("sip:34020000002000000001@3402000000", message.RequestUri);
        Assert.Equal("34020000001180000001", message.From.Uri.User);
        Assert.Equal("1928", message.From.Tag);
        Assert.Null(message.To.Tag);
        Assert.Equal(new CSeq(1, "REGISTER"), message.CSeq);
        Assert.Equal(("10.0.0.20", 5060, "z9hG4bK1001"), (message.Via.Host, message.Via.Port, message.Via.Branch));
        Assert.Equal(3600, message.ExpiresSeconds);
        Assert.Equal("10.0.0.20", Assert.Single(message.Contacts).Uri.Host);
        Assert.Equal("2.0", message["x-gb-ver"]);
    }

    [Fact]
    public void V12_is_an_answer_with_a_body()
    {
        var message = Vectors.Read("V12");
        Assert.Equal((200, "OK", false), (message.Status, message.Reason, message.IsRequest));
        Assert.Equal(new CSeq(50, "INVITE"), message.CSeq);
        Assert.Equal(185, message.Body.Length);
        Assert.Equal("5060", message.Via.Parameters["rport"]);
    }

    [Fact]
    public void Short_names_folded_lines_line_feeds_alone_and_odd_case_are_read()
    {
        var message = Read("register sip:3402000000 sip/2.0\nv: SIP/2.0/UDP 10.0.0.20;branch=z9hG4bK1\nf : \"A;B,<C\"\n  <sip:1@d> ; tag = 7 \nt: sip:1@d;x=y\ni: 1\nCSEQ:\t3  Register\nm: <sip:1@[::1]:5070;transport=udp>;expires=60, <sip:2@h>\ns: a\n\tb\nROUTE: <sip:r;lr>\nl: 0\n\n");
        Assert.Equal("REGISTER", message.Method);
        Assert.Equal(("1", "7", "A;B,<C"), (message.From.Uri.User, message.From.Tag, message.From.DisplayName));
        Assert.Equal(("1", "y"), (message.To.Uri.User, message.To.Parameters["x"]));
        Assert.Equal("a b", message["Subject"]);
        Assert.Equal(["[::1]", "h"], message.Contacts.Select(contact => contact.Uri.Host));
        Assert.Equal(5070, message.Contacts.First().Uri.Port);
        Assert.Equal(60, message.ExpiresSeconds);
        Assert.Equal("10.0.0.20", message.Via.Host);
    }

    [Fact]
    public void Several_vias_stand_in_one_line_or_in_several()
    {
        var message = Read(Minimal.Replace("\r\nFrom", ", SIP / 2.0 / TCP second : 5070;branch=2\r\nVia: SIP/2.0/UDP third\r\nFrom", StringComparison.Ordinal) + "\r\n");
        Assert.Equal("h", message.Via.Host);
        Assert.Equal(2, message.Values("Via").Count());
    }

    [Fact]
    public void All_bindings_are_a_star()
    {
        var message = Read(Minimal + "Contact: *\r\nExpires: 0\r\n\r\n");
        Assert.True(message.IsContactStar);
        Assert.Empty(message.Contacts);
        Assert.Equal(0, message.ExpiresSeconds);
    }

    [Theory]
    [InlineData("", 3)]                                      // no length: the rest of the datagram
    [InlineData("Content-Length: 2\r\n", 2)]                 // what stands behind is not meant
    [InlineData("Content-Length: 9\r\n", 3)]                 // more than there is
    [InlineData("Content-Length: 3\r\nl: 3\r\n", 3)]
    public void A_datagram_is_one_message_whatever_its_length_says(string length, int expected)
        => Assert.Equal(expected, Read(Minimal + length + "\r\nabc").Body.Length);

    [Theory]
    [InlineData("Max-Forwards: 70\r\n", "Content-Length")]
    [InlineData("Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length")]
    [InlineData("Content-Length: -1\r\n", "Content-Length")]
    [InlineData("Content-Length: 65537\r\n", "Content-Length")]
    [InlineData("Content-Length: 99999999999999999999\r\n", "Content-Length")]
    public void A_stream_needs_a_length_that_can_be_meant(string length, string field)
    {
        var wire = Encoding.Latin1.GetBytes(Minimal + length + "\r\nabc");
        Assert.Equal(field, Assert.Throws<ProtocolException>(() => SipParser.TryRead(wire, SipParser.LargestBody, out _, out _, out _)).Field);
    }

    [Theory]
    [InlineData("From: <sip:c@d>;tag=1\r\n", "", "From")]
    [InlineData("Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n", "", "Via")]
    [InlineData("Via: SIP/2.0/UDP h", "Via: HTTP/1.1/UDP h", "Via")]
    [InlineData("Via: SIP/2.0/UDP h;", "Via: SIP/2.0/UDP ;", "Via")]
    [InlineData("Via: SIP/2.0/UDP h;", "Via: SIP/2.0/UDP h:99999;", "Via")]
    [InlineData("Call-ID: x\r\n", "Call-ID: \r\n", "Call-ID")]
    [InlineData("Call-ID: x\r\n", "Call-ID: x\r\nCall-ID: y\r\n", "Call-ID")]
    [InlineData("CSeq: 1 OPTIONS", "CSeq: 1 INVITE", "CSeq")]
    [InlineData("CSeq: 1 OPTIONS", "CSeq: -1 OPTIONS", "CSeq")]
    [InlineData("CSeq: 1 OPTIONS", "CSeq: 4294967296 OPTIONS", "CSeq")]
    [InlineData("To: <sip:a@b>", "To: <sip:a@b", "To")]
    [InlineData("To: <sip:a@b>", "To: <tel:1>", "To")]
    [InlineData("To: <sip:a@b>", "To: <sip:a@>", "To")]
    [InlineData("To: <sip:a@b>", "To: <sip:a@b> x", "To")]
    [InlineData("To: <sip:a@b>", "To: <sip:a@b>;=x", "To")]
    [InlineData("To: <sip:a@b>", "T o: <sip:a@b>", "header line")]
    [InlineData("To: <sip:a@b>", "no colon", "header line")]
    [InlineData("Call-ID: x", "Call-ID: x\0", "header line")]
    [InlineData("Call-ID: x", "Call-ID: x\rContact: y", "header line")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "OPTIONS sip:a@b HTTP/1.1", "start line")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "OPTIONS sip:a@b", "start line")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "OPT@ONS sip:a@b SIP/2.0", "method")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "SIP/2.0 99 OK", "status")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "SIP/2.0 2000 OK", "status")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "OPTIONS http://a/ SIP/2.0", "Request-URI")]
    public void What_cannot_be_meant_is_refused_by_name(string what, string with, string field)
    {
        Assert.Equal("OPTIONS", Read(Minimal + "\r\n").Method);
        Assert.Equal(field, Assert.Throws<ProtocolException>(() => Read(Minimal.Replace(what, with, StringComparison.Ordinal) + "\r\n")).Field);
    }

    [Fact]
    public void An_error_says_where()
    {
        var text = Minimal.Replace("<sip:c@d>", "<sip:c@d:0>", StringComparison.Ordinal) + "\r\n";
        Assert.Equal(text.IndexOf(":0>", StringComparison.Ordinal), Assert.Throws<ProtocolException>(() => Read(text)).Offset);
    }

    [Fact]
    public void Headers_of_a_megabyte_long_lines_and_many_lines_are_refused_before_they_are_kept()
    {
        Assert.Throws<ProtocolException>(() => Read(Minimal + string.Concat(Enumerable.Repeat("A: b\r\n", 100)) + "\r\n"));
        Assert.Throws<ProtocolException>(() => Read(Minimal + "A: " + new string('b', 5000) + "\r\n\r\n"));
        Assert.Throws<ProtocolException>(() => Read(Minimal + string.Concat(Enumerable.Repeat("A: " + new string('b', 4000) + "\r\n", 5)) + "\r\n"));
        Assert.Throws<ProtocolException>(() => Read(Minimal + "A: b\r\n" + string.Concat(Enumerable.Repeat(" " + new string('b', 500) + "\r\n", 8)) + "\r\n"));
        var endless = Encoding.Latin1.GetBytes(Minimal + "A: " + new string('b', 1 << 20));
        Assert.Throws<ProtocolException>(() => SipParser.TryRead(endless.AsSpan(0, 20_000), SipParser.LargestBody, out _, out _, out _));
        Assert.Throws<ProtocolException>(() => SipParser.TryRead(endless, SipParser.LargestBody, out _, out _, out _));
        Assert.Throws<ProtocolException>(() => SipParser.TryRead(new byte[40], SipParser.LargestBody, out _, out _, out _));
        Assert.Throws<ProtocolException>(() => SipParser.TryRead("GETSOMETHINGTHATHASNOENDATALLANDNOSPACE"u8, SipParser.LargestBody, out _, out _, out _));
    }

    [Fact]
    public void Empty_lines_and_zeros_keep_a_binding_open_and_are_nothing()
    {
        Assert.Null(SipParser.ParseDatagram("\r\n\r\n"u8));
        Assert.Null(SipParser.ParseDatagram(new byte[4]));
        Assert.False(SipParser.TryRead("\r\n\r\n"u8, SipParser.LargestBody, out _, out var consumed, out _));
        Assert.Equal(4, consumed);
    }

    [Fact]
    public void Bytes_of_a_display_name_go_back_as_they_came()
    {
        byte[] wire = [.. Encoding.Latin1.GetBytes(Minimal.Replace("From: ", "From: \"\xC7\xB0\" ", StringComparison.Ordinal)), .. "Content-Length: 0\r\n\r\n"u8];
        Assert.Equal(Latin1(wire), Latin1(SipParser.ParseDatagram(wire)!.ToBytes()));
    }

    [Fact]
    public void A_line_end_never_gets_into_a_header_of_ours()
        => Assert.Throws<ArgumentException>(() => SipMessage.Response(200).With("Subject", "a\r\nContact: b"));

    [Theory]
    [InlineData("SIP/2.0/UDP 10.0.0.20:5060;rport;branch=z9", "SIP/2.0/UDP 10.0.0.20:5060;rport=40960;received=198.51.100.7;branch=z9")]
    [InlineData("SIP/2.0/UDP 10.0.0.20:5060;branch=z9", "SIP/2.0/UDP 10.0.0.20:5060;received=198.51.100.7;branch=z9")]
    [InlineData("SIP/2.0/UDP 198.51.100.7:5060;branch=z9", "SIP/2.0/UDP 198.51.100.7:5060;branch=z9")]
    [InlineData("SIP/2.0/UDP h;branch=z9;RPORT=;received=1.2.3.4", "SIP/2.0/UDP h;branch=z9;rport=40960;received=198.51.100.7")]
    public void The_via_of_an_answer_says_where_the_request_came_from(string via, string answered)
        => Assert.Equal(answered, SipVia.Parse(via, "Via", 0).Answered(new(System.Net.IPAddress.Parse("198.51.100.7"), 40960)));

    [Theory]
    [InlineData("sip:34020000002000000001@3402000000", "34020000002000000001", "3402000000", 0)]
    [InlineData("sip:34020000002000000001@192.0.2.10:5060", "34020000002000000001", "192.0.2.10", 5060)]
    [InlineData("sip:3402000000", "", "3402000000", 0)]
    [InlineData("SIP:192.0.2.10:5061;transport=tcp", "", "192.0.2.10", 5061)]
    [InlineData("sips:a:secret@[2001:db8::1]:5061;lr?x=y", "a", "[2001:db8::1]", 5061)]
    public void Request_uris_seen_in_the_wild_are_read(string text, string user, string host, int port)
    {
        var uri = SipUri.Parse(text, "Request-URI", 0);
        Assert.Equal((user, host, port), (uri.User, uri.Host, uri.Port));
        Assert.Equal(uri, SipUri.Parse(uri.ToString(), "Request-URI", 0));
    }

    private static void Use(SipMessage message)
    {
        _ = (message.ToBytes(), message.Contacts.Count(), message.ExpiresSeconds, message.Via.Answered(new(System.Net.IPAddress.Loopback, 1)), message.From.Uri.ToString());
        _ = message.CSeq;
    }

    private static SipMessage Read(string text) => SipParser.ParseDatagram(Encoding.Latin1.GetBytes(text))!;

    private static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static List<string> MessagesOf(IEnumerable<byte[]> pieces)
    {
        List<string> messages = [];
        byte[] waiting = [];
        foreach (var piece in pieces)
        {
            waiting = [.. waiting, .. piece];
            while (SipParser.TryRead(waiting, SipParser.LargestBody, out var message, out var consumed, out _))
            {
                messages.Add(Latin1(message!.ToBytes()));
                waiting = waiting[consumed..];
            }
        }
        return messages;
    }
}
