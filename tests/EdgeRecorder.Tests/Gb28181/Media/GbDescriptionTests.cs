using System.Net;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Gb28181.Media;

public sealed class GbDescriptionTests
{
    private const string Server = "34020000002000000001", Camera = "34020000001320000001";
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.10"), There = IPAddress.Parse("10.0.0.20");
    private static readonly DateTimeOffset Eight = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);     // in Beijing

    private static readonly string Live = Lines($"v=0|o={Server} 0 0 IN IP4 192.0.2.10|s=Play|c=IN IP4 192.0.2.10|t=0 0|m=video 30000 RTP/AVP 96 98 97 100|a=recvonly|a=rtpmap:96 PS/90000|a=rtpmap:98 H264/90000|a=rtpmap:97 MPEG4/90000|a=rtpmap:100 H265/90000|y=0200000001");
    private static readonly string LiveAnswer = Lines($"v=0|o={Camera} 0 0 IN IP4 10.0.0.20|s=Play|c=IN IP4 10.0.0.20|t=0 0|m=video 15060 RTP/AVP 96|a=sendonly|a=rtpmap:96 PS/90000|y=0200000001|f=v/2/6/25/2/4096a/1/8/1");
    private static readonly string Passive = Lines($"v=0|o={Server} 0 0 IN IP4 192.0.2.10|s=Play|c=IN IP4 192.0.2.10|t=0 0|m=video 30002 TCP/RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|a=setup:passive|a=connection:new|y=0200000002");
    private static readonly string PassiveAnswer = Lines($"v=0|o={Camera} 0 0 IN IP4 10.0.0.20|s=Play|c=IN IP4 10.0.0.20|t=0 0|m=video 9 TCP/RTP/AVP 96|a=sendonly|a=rtpmap:96 PS/90000|a=setup:active|a=connection:new|y=0200000002");
    private static readonly string Active = Lines($"v=0|o={Server} 0 0 IN IP4 192.0.2.10|s=Play|c=IN IP4 192.0.2.10|t=0 0|m=video 30004 TCP/RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|a=setup:active|a=connection:new|y=0200000003");
    private static readonly string Playback = Lines($"v=0|o={Server} 0 0 IN IP4 192.0.2.10|s=Playback|u={Camera}:0|c=IN IP4 192.0.2.10|t=1795132800 1795136400|m=video 30000 RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|y=1200000001");
    private static readonly string Download = Lines($"v=0|o={Server} 0 0 IN IP4 192.0.2.10|s=Download|u={Camera}:0|c=IN IP4 192.0.2.10|t=1795132800 1795136400|m=video 30006 TCP/RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|a=setup:passive|a=connection:new|a=downloadspeed:4|y=1200000002");

    private static readonly GbDescription Offer = new() { Owner = Server, Address = Here, Port = 30000, Direction = MediaDirection.ReceiveOnly, Formats = PayloadFormat.Offered, Ssrc = 200000001 };
    private static readonly GbDescription TcpOffer = Offer with { Formats = [PayloadFormat.Ps], Transport = MediaTransport.Tcp, Port = 30002, Setup = SetupRole.Passive, Ssrc = 200000002 };

    private static readonly (string Text, GbDescription Description)[] Examples =
    [
        (Live, Offer),
        (LiveAnswer, new() { Owner = Camera, Address = There, Port = 15060, Direction = MediaDirection.SendOnly, Formats = [PayloadFormat.Ps], Ssrc = 200000001, Format = "v/2/6/25/2/4096a/1/8/1" }),
        (Passive, TcpOffer),
        (PassiveAnswer, TcpOffer with { Owner = Camera, Address = There, Port = 9, Direction = MediaDirection.SendOnly, Setup = SetupRole.Active }),
        (Active, TcpOffer with { Port = 30004, Setup = SetupRole.Active, Ssrc = 200000003 }),
        (Playback, Offer with { Formats = [PayloadFormat.Ps], Purpose = SessionPurpose.Playback, Footage = Camera + ":0", From = Eight, To = Eight.AddHours(1), Ssrc = 1200000001 }),
        (Download, TcpOffer with { Port = 30006, Purpose = SessionPurpose.Download, Footage = Camera + ":0", From = Eight, To = Eight.AddHours(1), DownloadSpeed = 4, Ssrc = 1200000002 }),
    ];

    [Fact]
    public void V10_and_V12_to_V18_are_written_and_read()
    {
        foreach (var (text, description) in Examples)
        {
            Assert.Equal(text, Encoding.UTF8.GetString(description.Write()));
            AssertSame(description, GbDescription.Parse(Encoding.UTF8.GetBytes(text)));
        }
        Assert.Equal((245, 185), (Live.Length, LiveAnswer.Length));
    }

    [Theory]
    [InlineData("y=0200000001", "y= 0200000001 \n")]
    [InlineData("s=Play", "s=play")]
    [InlineData("\r\n", "\n")]
    [InlineData("t=0 0\r\n", "")]
    [InlineData("a=recvonly", "a=RECVONLY")]
    [InlineData("a=rtpmap:96 PS/90000\r\n", "")]
    [InlineData("m=video", "i=camera\r\nk=clear:none\r\nm=video")]
    [InlineData("c=IN IP4 192.0.2.10\r\nt=0 0\r\nm=video 30000 RTP/AVP 96 98 97 100\r\n", "t=0 0\r\nm=video 30000 RTP/AVP 96 98 97 100\r\nc=IN IP4 192.0.2.10\r\n")]
    [InlineData("m=video", "m=audio 0 RTP/AVP 8\r\nm=video")]
    public void What_devices_write_is_understood(string good, string written)
    {
        Assert.Contains(good, Live, StringComparison.Ordinal);
        AssertSame(Offer, GbDescription.Parse(Encoding.UTF8.GetBytes(Live.Replace(good, written, StringComparison.Ordinal))));
    }

    [Fact]
    public void What_is_missing_or_impossible_is_no_value()
    {
        foreach (var line in new[] { "y=9999999999", "y=", "y=abc", "f=", "" })
            Assert.Null(GbDescription.Parse(Encoding.UTF8.GetBytes(Live.Replace("y=0200000001", line, StringComparison.Ordinal))).Ssrc);
        Assert.Equal(0u, GbDescription.Parse(Encoding.UTF8.GetBytes(Live.Replace("y=0200000001", "y=0000000000", StringComparison.Ordinal))).Ssrc);
        Assert.Null(GbDescription.Parse(Encoding.UTF8.GetBytes(PassiveAnswer.Replace("a=setup:active\r\n", "", StringComparison.Ordinal))).Setup);
        var later = GbDescription.Parse(Encoding.UTF8.GetBytes(Playback.Replace("t=1795132800", "t=4004121600", StringComparison.Ordinal)));
        Assert.Equal(Eight, later.From);                    // counted from 1900
        Assert.Throws<ProtocolException>(() => GbDescription.Parse(Encoding.UTF8.GetBytes("v=0\r\ns=Play\r\n")));
        Assert.Throws<ProtocolException>(() => GbDescription.Parse(new byte[64 * 1024]));
        Assert.Equal("H265", GbDescription.Parse("m=video 1 RTP/AVP 100\r\n"u8).Formats[0].Encoding);
        Assert.Equal("HIKVISION", GbDescription.Parse("m=video 1 RTP/AVP 96\r\na=rtpmap:96 HIKVISION/90000\r\n"u8).Formats[0].Encoding);
    }

    [Fact]
    public void Every_prefix_and_damage_is_read_or_refused()
    {
        foreach (var (text, _) in Examples)
            for (var length = 0; length < text.Length; length++)
                Try(Encoding.UTF8.GetBytes(text[..length]));
        foreach (var wreck in Damage.Of(Encoding.UTF8.GetBytes(Download)))
            Try(wreck);
    }

    [Fact]
    public void A_peer_is_what_offer_and_answer_say_together()
    {
        var signalling = IPAddress.Parse("198.51.100.7");
        var (offer, answer) = (Examples[0].Description, Examples[1].Description);
        var peer = MediaPeer.Of(offer, answer with { Ssrc = 1_300_000_007 }, signalling);
        Assert.Equal([signalling, There], peer.Addresses);
        Assert.Equal((1_300_000_007u, "PS"), (peer.Ssrc!.Value, peer.Formats[0].Encoding));
        Assert.Equal(200000001u, MediaPeer.Of(offer, answer with { Ssrc = null }, signalling).Ssrc);
    }

    [Fact]
    public void SSRCs_are_numbers_of_ten_digits_and_unique_over_live_and_stored()
    {
        Assert.True(Ssrc.TryParse("0200000001", out var ssrc));
        Assert.Equal(0x0BEBC201u, ssrc);
        Assert.True(Ssrc.TryParse("0200007585", out ssrc));
        Assert.Equal(0x0BEBDFA1u, ssrc);
        Assert.True(Ssrc.TryParse("1200000001", out ssrc));
        Assert.Equal(0x47868C01u, ssrc);
        Assert.False(Ssrc.TryParse("9999999999", out _));
        Assert.Equal("0200007585", Ssrc.ToText(0x0BEBDFA1));
        var pool = new SsrcPool("3402000000");
        Assert.Equal(("0200000001", "1200000002"), (Ssrc.ToText(pool.Take(isLive: true)!.Value), Ssrc.ToText(pool.Take(isLive: false)!.Value)));
        for (var i = 2; i < 10_000; i++)
            Assert.NotNull(pool.Take(i % 2 == 0));
        Assert.Null(pool.Take(true));
        pool.Return(1200000002);
        Assert.Equal("0200000002", Ssrc.ToText(pool.Take(isLive: true)!.Value));
        Assert.Equal("0100000001", Ssrc.ToText(new SsrcPool("13010000002000000001").Take(true)!.Value));
        Assert.Throws<ArgumentException>(() => new SsrcPool("34"));
    }

    [Fact]
    public void Port_pairs_are_even_and_rest_after_use()
    {
        var range = RtpPortRange.Parse("30001-30006");
        Assert.Equal(2, range.Count);
        Assert.Equal((30002, 30004, null), (range.Take(0), range.Take(0), range.Take(0)));
        range.Return(30002, 1_000_000);
        Assert.Null(range.Take(5_999_999));
        Assert.Equal(30002, range.Take(6_000_000));
        foreach (var wrong in new[] { "", "30000", "30000-", "30001-30002", "5-1", "0-9", "60000-70000", "a-b" })
            Assert.Throws<FormatException>(() => RtpPortRange.Parse(wrong));
    }

    private static void Try(byte[] bytes)
    {
        try
        {
            GbDescription.Parse(bytes);
        }
        catch (ProtocolException)
        {
            // The only thing it may raise.
        }
    }

    private static void AssertSame(GbDescription expected, GbDescription found)
    {
        Assert.Equal(expected.Formats, found.Formats);
        Assert.Equal(expected with { Formats = [], Extra = [] }, found with { Formats = [], Extra = [] });
    }

    private static string Lines(string text) => text.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n";
}
