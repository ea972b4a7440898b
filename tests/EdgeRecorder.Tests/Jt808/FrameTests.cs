using EdgeRecorder.Bytes;
using EdgeRecorder.Jt808;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Jt808;

public sealed class FrameTests
{
    private static readonly byte[] All = [.. Vectors.All.Values.SelectMany(frame => frame)];
    private static readonly string[] AllFrames = [.. Vectors.All.Values.Select(frame => Convert.ToHexString(frame.AsSpan(1..^1)))];

    [Fact]
    public void Frames_are_the_same_wherever_the_network_cut_them()
    {
        for (var cut = 0; cut <= All.Length; cut++)
            Assert.Equal(AllFrames, Wire.FramesOf([All[..cut], All[cut..]]));
        Assert.Equal(AllFrames, Wire.FramesOf(All.Select(value => (byte[])[value])));
    }

    [Fact]
    public void Every_prefix_waits_and_consumes_nothing()
    {
        foreach (var whole in Vectors.All.Values)
            for (var length = 0; length < whole.Length; length++)
            {
                Assert.False(FrameSplitter.TryRead(whole.AsSpan(0, length), out _, out var consumed));
                Assert.Equal(0, consumed);
            }
    }

    [Theory, MemberData(nameof(Vectors.Names), MemberType = typeof(Vectors))]
    public void What_is_written_under_the_same_head_is_the_frame_that_was_read(string name)
    {
        var heard = Heard.Of(Vectors.Of(name));
        if (heard.Total > 0)
        {
            Assert.Contains(name, (string[])["K16", "K17", "K18"]);        // we send no packages
            return;
        }
        var target = new byte[Frame.LongestEscaped];
        Assert.Equal(Vectors.Of(name), target[..Frame.Write(target, heard.Head, heard.Id, heard.Serial, heard.Body)]);
    }

    [Fact]
    public void The_longest_message_of_nothing_but_delimiters_goes_there_and_back()
    {
        byte[] body = [.. Enumerable.Repeat((byte)0x7E, PlatformMessage.LargestBody)];
        var target = new byte[Frame.LongestEscaped];
        var length = Frame.Write(target, new(HeaderLayout.Jt2019, true, 1, [.. Enumerable.Repeat((byte)0x7D, 10)]), 0x7E7D, 0x7D7E, body);
        Assert.Equal(body, Heard.Of(target[..length]).Body);
    }

    [Fact]
    public void The_example_of_the_standard_is_unescaped()
        => Assert.Equal("307E087D55", Convert.ToHexString(Frame.Open(Convert.FromHexString("307D02087D01556E"), new byte[Frame.LongestPlain])));

    [Theory]
    [InlineData("7E000200000139123456780001327E")]           // N1: wrong check
    [InlineData("7E0002000001391234567800017D037E")]         // N2: 7D 03
    [InlineData("7E000200050139123456780001367E")]           // N5: the length fits neither header
    [InlineData("7E017E")]                                   // a check byte of nothing
    [InlineData("7E007E")]
    [InlineData("7E00020000013912345678000133007D7E")]       // an escape without its second byte
    public void Damaged_frames_are_refused(string hex) => Assert.Throws<ProtocolException>(() => Heard.Of(Convert.FromHexString(hex)));

    [Fact]
    public void N3_delimiters_alone_hold_no_frame() => Assert.Empty(Wire.FramesOf([[0x7E, 0x7E, 0x7E]]));

    [Fact]
    public void N4_garbage_before_the_first_delimiter_is_skipped()
    {
        var frames = Wire.FramesOf([Convert.FromHexString("00FF7E000200000139123456780001337E7E000200000139123456780002307E")]);
        Assert.Equal([1, 2], frames.Select(frame => (int)Heard.OfEscaped(Convert.FromHexString(frame)).Serial));
    }

    [Fact]
    public void One_delimiter_may_end_a_frame_and_begin_the_next()
    {
        var frames = Wire.FramesOf([[.. Vectors.Of("J11"), .. Vectors.Of("J16")[1..], .. Vectors.Of("J17")[1..]]]);
        Assert.Equal([0x0002, 0x0003, 0x0001], frames.Select(frame => (int)Heard.OfEscaped(Convert.FromHexString(frame)).Id));
    }

    [Fact]
    public void A_frame_too_long_for_any_message_is_refused()
        => Assert.Throws<ProtocolException>(() => Frame.Open(new byte[Frame.LongestPlain + 1], new byte[Frame.LongestPlain]));

    [Fact]
    public void Bytes_without_a_delimiter_are_refused_after_4_KiB()
    {
        var input = new byte[1 + FrameSplitter.MostWithoutDelimiter + 1];
        input[0] = FrameSplitter.Delimiter;
        Assert.False(FrameSplitter.TryRead(input.AsSpan(..^1), out _, out _));
        Assert.Throws<ProtocolException>(() => FrameSplitter.TryRead(input, out _, out _));
    }

    [Fact]
    public void Damage_raises_a_protocol_exception_and_nothing_else()
    {
        var (read, refused) = (0, 0);
        foreach (var bytes in Damage.Of(All))
            foreach (var frame in Wire.FramesOf([bytes]))
                try
                {
                    Heard.OfEscaped(Convert.FromHexString(frame));
                    read++;
                }
                catch (ProtocolException)
                {
                    refused++;
                }
        Assert.True(read > 100 * Damage.Rounds / 10 && refused > Damage.Rounds / 10, $"{read} read, {refused} refused");
    }
}
