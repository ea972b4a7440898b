using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Rtsp;

public sealed class RtspFramerTests
{
    private static readonly byte[] Response = Encoding.ASCII.GetBytes("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 7\r\n\r\nv=0\r\nx\n");
    private static readonly byte[] Request = Encoding.ASCII.GetBytes("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX-Folded: a\r\n b\r\n\r\n");
    private static readonly byte[] Frame = [(byte)'$', 3, 0, 5, 1, 2, 3, 4, 5];
    private static readonly byte[] All = [.. Response, .. Frame, .. Request, .. Frame];

    private const string Read = "200 OK 2 [v=0\r\nx\n]|$3 0102030405|OPTIONS * 1 a b|$3 0102030405";

    [Fact]
    public void Messages_and_frames_are_the_same_wherever_the_network_cut_them()
    {
        for (var cut = 0; cut <= All.Length; cut++)
            Assert.Equal(Read, ReadAll([All[..cut], All[cut..]]));
        Assert.Equal(Read, ReadAll(All.Select(value => (byte[])[value])));
    }

    [Fact]
    public void Every_prefix_waits_and_consumes_nothing()
    {
        foreach (var whole in (byte[][])[Response, Request, Frame])
            for (var length = 0; length < whole.Length; length++)
            {
                Assert.False(RtspFramer.TryRead(whole.AsSpan(0, length), out _, out var consumed));
                Assert.Equal(0, consumed);
            }
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var request = new RtspMessage { Method = "ANNOUNCE", Uri = "rtsp://h/a?b=c", Body = [1, 2, 3] };
        request.Headers.Add(("CSeq", "7"));
        Assert.True(RtspFramer.TryRead(request.ToBytes(), out var item, out var consumed));
        Assert.Equal(request.ToBytes().Length, consumed);
        Assert.Equal(("ANNOUNCE", "rtsp://h/a?b=c", 7), (item.Message!.Method, item.Message.Uri, item.Message.CSeq));
        Assert.Equal([1, 2, 3], item.Message.Body);
    }

    [Fact]
    public void Damage_raises_a_protocol_exception_and_nothing_else()
    {
        var refused = 0;
        foreach (var bytes in Damage.Of(All))
            try
            {
                ReadAll([bytes]);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.InRange(refused, 1000, Damage.Rounds - 1000);
    }

    [Theory]
    [InlineData("\u0001\u0002")]
    [InlineData("hello")]
    [InlineData("GETOPTIONSGETOPTIONSGETOPTIONSGETOPTIONS")]
    [InlineData("RTSP/1.0 OK\r\n\r\n")]
    [InlineData("DESCRIBE\r\n\r\n")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n")]
    public void Garbage_is_refused_at_once(string text)
        => Assert.Throws<ProtocolException>(() => RtspFramer.TryRead(Encoding.Latin1.GetBytes(text), out _, out _));

    [Fact]
    public void A_header_without_end_is_refused()
        => Assert.Throws<ProtocolException>(() => RtspFramer.TryRead(Encoding.ASCII.GetBytes("RTSP/1.0 200 OK\r\nX: " + new string('a', RtspFramer.LargestHeader)), out _, out _));

    /// <summary>As a connection does: what is incomplete waits for the next piece.</summary>
    private static string ReadAll(IEnumerable<byte[]> pieces)
    {
        var items = new List<string>();
        byte[] waiting = [];
        foreach (var piece in pieces)
        {
            waiting = [.. waiting, .. piece];
            while (RtspFramer.TryRead(waiting, out var item, out var consumed))
            {
                items.Add(item.Message switch
                {
                    null => $"${item.Channel} {Convert.ToHexString(item.Frame)}",
                    { IsResponse: true } response => $"{response.Status} {response.Reason} {response.CSeq} [{Encoding.ASCII.GetString(response.Body)}]",
                    var request => $"{request.Method} {request.Uri} {request.CSeq} {request.Header("x-folded")}",
                });
                waiting = waiting[consumed..];
            }
        }
        return string.Join('|', items);
    }
}
