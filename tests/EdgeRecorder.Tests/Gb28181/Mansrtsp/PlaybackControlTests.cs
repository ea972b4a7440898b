using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Tests.Bytes;
using SipVectors = EdgeRecorder.Tests.Sip.Vectors;

namespace EdgeRecorder.Tests.Gb28181.Mansrtsp;

public sealed class PlaybackControlTests
{
    private static readonly (string Vector, PlaybackControl Control)[] Examples =
    [
        ("V19", PlaybackControl.Pause with { Number = 1 }), ("V20", PlaybackControl.Resume with { Number = 2 }), ("V21", PlaybackControl.Speed(2) with { Number = 3 }),
        ("V22", PlaybackControl.Seek(TimeSpan.FromSeconds(100)) with { Number = 4 }),
    ];

    [Fact]
    public void V19_to_V22_are_written_and_read()
    {
        foreach (var (vector, control) in Examples)
        {
            Assert.Equal(Encoding.ASCII.GetString(SipVectors.BodyOf(vector)), Encoding.ASCII.GetString(control.ToBytes()));
            Assert.Equal(control, PlaybackControl.Parse(SipVectors.BodyOf(vector)));
        }
    }

    [Fact]
    public void Speeds_of_the_standard_and_the_end_survive_the_way()
    {
        foreach (var scale in new[] { 0.25, 0.5, 1, 2, 4, 8, -1, -0.125 })
            Assert.Equal(scale, PlaybackControl.Parse(PlaybackControl.Speed(scale).ToBytes()).Scale);
        Assert.Equal("TEARDOWN RTSP/1.0\r\nCSeq: 5\r\n\r\n", Encoding.ASCII.GetString((PlaybackControl.Teardown with { Number = 5 }).ToBytes()));
        Assert.Equal(PlaybackMethod.Teardown, PlaybackControl.Parse("TEARDOWN RTSP/1.0\r\nCSeq: 5\r\n\r\n"u8).Method);
    }

    [Theory]
    [InlineData("PLAY MANSRTSP/1.0\r\nCSeq: 3\r\nScale: 2.0\r\n\r\n")]
    [InlineData("PLAY rtsp://10.0.0.20/1 RTSP/1.0\nCSeq:3\nscale : 2\n")]
    [InlineData("play rtsp/1.0\r\ncseq: 3\r\nX: y\r\nScale: +2.000")]
    public void Peers_write_it_in_many_ways(string text)
        => Assert.Equal(PlaybackControl.Speed(2) with { Number = 3 }, PlaybackControl.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Platforms_write_it_in_many_ways()
    {
        Assert.Equal(new(PlaybackMethod.Play) { Scale = 0.5, Position = TimeSpan.FromSeconds(1.5) }, Parse("play MANSRTSP/1.0\nscale:0.5\nrange: npt=1.5-20\n"));
        Assert.Equal(PlaybackControl.Speed(-1), Parse("PLAY MANSRTSP/1.0\r\nScale: -1.0\r\n"));
        Assert.Equal(PlaybackControl.Teardown, Parse("TEARDOWN RTSP/1.0"));
        Assert.Equal(PlaybackControl.Resume, Parse("PLAY MANSRTSP/2.0\r\nRange: npt=-\r\n\r\n"));
        Assert.Equal(PlaybackControl.Resume, Parse("PLAY RTSP/1.0\r\nRange: npt=-20\r\n\r\n"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("65", 65)]
    [InlineData("-1.0", -1)]
    public void Speeds_that_nobody_plays_are_read_and_left_to_who_plays(string scale, double value)
        => Assert.Equal(value, Parse($"PLAY RTSP/1.0\r\nScale: {scale}\r\n\r\n").Scale);

    [Theory]
    [InlineData("npt=0:01:40-", 100)]
    [InlineData("npt = 100.5-200", 100.5)]
    [InlineData("NPT=0-", 0)]
    public void Places_are_seconds_or_a_time_of_day(string range, double seconds)
        => Assert.Equal(TimeSpan.FromSeconds(seconds), PlaybackControl.Parse(Encoding.ASCII.GetBytes($"PLAY RTSP/1.0\r\nRange: {range}\r\n\r\n")).Position);

    [Theory]
    [InlineData("")]
    [InlineData("PLAY")]
    [InlineData("PLAY\r\n\r\n")]
    [InlineData("RECORD RTSP/1.0\r\n\r\n")]
    [InlineData("RTSP/1.0 200 OK\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nScale: fast\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: clock=1-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: npt=1e30-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nScale: 1e300\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nScale: NaN\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: npt=-5-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: clock=20261120T080000Z-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: npt=99999999999999999999-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nCSeq: -1\r\n\r\n")]
    public void What_cannot_be_meant_is_refused(string text) => Assert.Throws<ProtocolException>(() => PlaybackControl.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Every_prefix_and_damage_is_read_or_refused()
    {
        foreach (var (vector, _) in Examples)
            for (var length = 0; length < SipVectors.BodyOf(vector).Length; length++)
                Try(SipVectors.BodyOf(vector)[..length]);
        foreach (var wreck in Damage.Of(SipVectors.BodyOf("V22")))
            Try(wreck);
        foreach (var wreck in Damage.Of("PLAY RTSP/1.0\r\nCSeq: 4\r\nScale: 2.0\r\nRange: npt=100-\r\n\r\n"u8.ToArray()))
            Try(wreck);
        Assert.Throws<ProtocolException>(() => PlaybackControl.Parse(new byte[5000]));
    }

    private static PlaybackControl Parse(string text) => PlaybackControl.Parse(Encoding.ASCII.GetBytes(text));

    private static void Try(byte[] bytes)
    {
        try
        {
            PlaybackControl.Parse(bytes);
        }
        catch (ProtocolException)
        {
            // The only thing it may raise.
        }
    }
}
