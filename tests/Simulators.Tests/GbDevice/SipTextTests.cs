using System.Text;
using EdgeRecorder.Simulators;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Tests.Simulators.GbDevice;

public sealed class SipTextTests
{
    private const string Device = "34020000001180000001", Realm = "3402000000", Password = "Gb@28181", Uri = "sip:34020000002000000001@3402000000", Nonce = "9f4c1a70be2d4f0f8a1d5e6b7c8d9e0f";

    [Theory]
    [InlineData("V2"), InlineData("V4"), InlineData("V7"), InlineData("V8"), InlineData("V10"), InlineData("V13"), InlineData("V14"), InlineData("V19"), InlineData("V24"), InlineData("V26"),
     InlineData("V27"), InlineData("V30")]
    public void Reads_what_a_platform_says_and_writes_it_again(string vector)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Clips.Root, "tests", "data", "sip", vector + ".sip"));
        var message = SipText.Read(bytes);
        var written = message.Write();
        // Content-Length is written last.
        var again = SipText.Read(written);
        Assert.Equal(message.Headers.Where(h => h.Name != "Content-Length"), again.Headers.Where(h => h.Name != "Content-Length").Distinct());
        Assert.Equal(message.Body, again.Body);
    }

    [Theory]
    [InlineData("Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK4003", "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=4003", "cookie")]
    [InlineData(";tag=p500", "", "tag")]
    [InlineData("CSeq: 51 BYE", "CSeq: 51 INFO", "CSeq")]
    [InlineData("Max-Forwards: 70\r\n", "", "Max-Forwards")]
    [InlineData("Content-Length: 0", "Content-Length: 1", "Content-Length")]
    public void Says_what_no_platform_may_write(string right, string wrong, string named)
    {
        var text = Encoding.ASCII.GetString(File.ReadAllBytes(Path.Combine(Clips.Root, "tests", "data", "sip", "V14.sip")));
        Assert.Contains(right, text, StringComparison.Ordinal);
        var e = Assert.Throws<MalformedException>(() => SipText.Read(Encoding.ASCII.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal))));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MD5", false, "c6807a85f5b3cb45fd5fa48b168221ec")]
    [InlineData("MD5", true, "19f7347621933e85082b293c33c9d8bc")]
    [InlineData("SHA-256", false, "9a1d341148ebb6ef9d27712c554277c7551135227ad7346fde38271f40317416")]
    [InlineData("SHA-256", true, "795984ecfba48449550a02172f027deab1bdce83ee24a0ffd35727428885fa4d")]
    public void Answers_a_challenge_as_the_examples_do(string algorithm, bool hasQop, string response)
    {
        var challenge = Digest.Choose([$"Digest realm=\"{Realm}\", nonce=\"{Nonce}\", algorithm={algorithm}{(hasQop ? ", qop=\"auth\"" : "")}"], algorithm)!;
        Assert.Contains($"response=\"{response}\"", challenge.Answer(Device, Password, "REGISTER", Uri, 1, "0a4f113b"), StringComparison.Ordinal);
    }

    [Fact]
    public void Chooses_the_algorithm_it_knows_of_several()
    {
        string[] both = [$"Digest realm=\"{Realm}\", nonce=\"1\", algorithm=SHA-256", $"Digest realm=\"{Realm}\", nonce=\"2\", algorithm=MD5"];
        Assert.Equal(("2", "1"), (Digest.Choose(both, "MD5")!.Nonce, Digest.Choose(both, "SHA-256")!.Nonce));
    }

    [Fact]
    public void Finds_messages_wherever_the_stream_was_cut()
    {
        var one = File.ReadAllBytes(Path.Combine(Clips.Root, "tests", "data", "sip", "V8.sip"));
        byte[] stream = [.. one, 13, 10, 13, 10, .. one];
        for (var at = 0; at <= stream.Length; at++)
        {
            var (framer, found) = (new SipFramer(), new List<byte[]>());
            framer.Push(stream.AsSpan(0, at), found.Add);
            framer.Push(stream.AsSpan(at), found.Add);
            Assert.Equal([one, one], found);
        }
    }

    [Fact]
    public void Reads_the_offers_of_the_standard()
    {
        var live = SessionOffer.Read(SipText.Read(File.ReadAllBytes(Path.Combine(Clips.Root, "tests", "data", "sip", "V10.sip"))).Body);
        Assert.Equal(("Play", 30000, false, 200000001u, "PS/90000"), (live.Name, live.Port, live.IsTcp, live.Ssrc!.Value, live.Formats[96]));
        var download = SessionOffer.Read(Encoding.ASCII.GetBytes("""
            v=0
            o=34020000002000000001 0 0 IN IP4 192.0.2.10
            s=Download
            u=34020000001320000001:0
            c=IN IP4 192.0.2.10
            t=1795132800 1795136400
            m=video 30006 TCP/RTP/AVP 96
            a=recvonly
            a=rtpmap:96 PS/90000
            a=setup:passive
            a=connection:new
            a=downloadspeed:4
            y=1200000002

            """.ReplaceLineEndings("\r\n")));
        Assert.Equal(("Download", "34020000001320000001", true, "passive", 4, 3600L), (download.Name, download.Channel, download.IsTcp, download.Setup, download.Speed, download.To - download.From));
    }

    [Theory]
    [InlineData("V19", "PAUSE", null, null)]
    [InlineData("V20", "PLAY", null, null)]
    [InlineData("V21", "PLAY", 2.0, null)]
    [InlineData("V22", "PLAY", null, 100.0)]
    public void Reads_the_controls_of_playback(string vector, string method, double? scale, double? from)
    {
        var command = PlaybackCommand.Read(SipText.Read(File.ReadAllBytes(Path.Combine(Clips.Root, "tests", "data", "sip", vector + ".sip"))));
        Assert.Equal((method, scale, from), (command.Method, command.Scale, command.From));
    }
}
