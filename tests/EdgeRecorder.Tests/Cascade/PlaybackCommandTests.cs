using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Cascade;

namespace EdgeRecorder.Tests.Cascade;

public sealed class PlaybackCommandTests
{
    [Fact]
    public void V19_to_V22_are_read()
    {
        Assert.Equal(new(PlaybackVerb.Pause, null, null), Parse("PAUSE RTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n\r\n"));
        Assert.Equal(new(PlaybackVerb.Play, null, null), Parse("PLAY RTSP/1.0\r\nCSeq: 2\r\nRange: npt=now-\r\n\r\n"));
        Assert.Equal(new(PlaybackVerb.Play, 2, null), Parse("PLAY RTSP/1.0\r\nCSeq: 3\r\nScale: 2.0\r\n\r\n"));
        Assert.Equal(new(PlaybackVerb.Play, null, TimeSpan.FromSeconds(100)), Parse("PLAY RTSP/1.0\r\nCSeq: 4\r\nRange: npt=100-\r\n\r\n"));
    }

    [Fact]
    public void Platforms_write_it_in_many_ways()
    {
        Assert.Equal(new(PlaybackVerb.Play, 0.5, TimeSpan.FromSeconds(1.5)), Parse("play MANSRTSP/1.0\nscale:0.5\nrange: npt=1.5-20\n"));
        Assert.Equal(new(PlaybackVerb.Play, -1, null), Parse("PLAY MANSRTSP/1.0\r\nScale: -1.0\r\n"));
        Assert.Equal(new(PlaybackVerb.Teardown, null, null), Parse("TEARDOWN RTSP/1.0"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("RECORD RTSP/1.0\r\n\r\n")]
    [InlineData("PLAY\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nScale: fast\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: clock=1-\r\n\r\n")]
    [InlineData("PLAY RTSP/1.0\r\nRange: npt=1e30-\r\n\r\n")]
    public void What_cannot_be_meant_is_refused(string text) => Assert.Throws<ProtocolException>(() => Parse(text));

    [Fact]
    public void Damaged_bytes_raise_ProtocolException_and_nothing_else()
    {
        var random = new Random(1);
        var whole = Encoding.ASCII.GetBytes("PLAY RTSP/1.0\r\nCSeq: 4\r\nScale: 2.0\r\nRange: npt=100-\r\n\r\n");
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = whole[..random.Next(whole.Length + 1)];
            for (var hits = random.Next(4); hits > 0 && bytes.Length > 0; hits--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                PlaybackCommand.Parse(bytes);
            }
            catch (ProtocolException)
            {
                // What is expected.
            }
        }
    }

    private static PlaybackCommand Parse(string text) => PlaybackCommand.Parse(Encoding.ASCII.GetBytes(text));
}
