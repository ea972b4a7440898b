using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using Microsoft.Win32.SafeHandles;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.Tests.V4l2;

/// <summary>The encoder's order of calls against a kernel that answers from a script; the real one's answers are tried in the virtual machine.</summary>
public sealed class VideoEncoderTests
{
    private const int Width = 64, Height = 36;              // becomes 48 lines
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(40);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pictures_come_out_in_order_with_their_times_and_the_last_one_is_known(bool multiPlanar)
    {
        var node = new FakeEncoderNode(multiPlanar);
        using var device = new VideoDevice(node);
        using var encoder = Make(device);
        List<CodedPicture> coded = [];
        for (var i = 0; i < 25; i++)
        {
            while (!encoder.TryEncode(Picture(i), Frame * i))
                Take(encoder, coded);
            Take(encoder, coded);
        }
        encoder.Drain();
        while (!encoder.IsDrained)
            Take(encoder, coded);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => Frame * i), coded.Select(picture => picture.Time));
        Assert.Equal(Enumerable.Range(0, 25).Where(i => i % 10 == 0), coded.Index().Where(picture => picture.Item.IsSync).Select(picture => picture.Index));
        Assert.Equal(Enumerable.Range(0, 25).Select(i => FakeEncoderNode.Sum(Spread(Picture(i), encoder.RawFormat))), coded.Select(picture => BitConverter.ToInt64(picture.Bytes.Span[1..])));
        Assert.False(encoder.TryTake(TimeSpan.Zero, out _));
    }

    [Fact]
    public void The_first_raw_format_that_the_device_takes_is_used_and_its_size_may_be_rounded()
    {
        using var device = new VideoDevice(new FakeEncoderNode(false));
        using var encoder = Make(device);
        Assert.Equal((V4L2_PIX_FMT_NV12, 48u, true), (encoder.RawFormat.FourCC, encoder.RawFormat.Height, encoder.Crops));
        using var other = new VideoDevice(new FakeEncoderNode(true) { RawFormats = [V4L2_PIX_FMT_YUV420], Crops = false });
        using var planar = Make(other);
        Assert.Equal((V4L2_PIX_FMT_YUV420, false), (planar.RawFormat.FourCC, planar.Crops));
    }

    [Fact]
    public void Controls_are_kept_within_their_range_and_missing_ones_are_named()
    {
        var node = new FakeEncoderNode(false);
        using var device = new VideoDevice(node);
        using var encoder = Make(device, controls: EncoderSettings.Recording(50_000_000, 50));
        Assert.Equal((10_000_000, 16), (node.Set[V4L2_CID_MPEG_VIDEO_BITRATE], node.Set[V4L2_CID_MPEG_VIDEO_GOP_SIZE]));
        Assert.Equal([V4L2_CID_MPEG_VIDEO_FRAME_RC_ENABLE, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, V4L2_CID_MPEG_VIDEO_B_FRAMES, V4L2_CID_MPEG_VIDEO_HEADER_MODE, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, V4L2_CID_MPEG_VIDEO_PREPEND_SPSPPS_TO_IDR], encoder.Refused);
    }

    [Fact]
    public void A_sync_sample_is_forced_where_the_device_can_and_otherwise_it_is_said()
    {
        var node = new FakeEncoderNode(false);
        node.Controls[V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME] = (0, 0);
        Assert.Equal([true, false, true], Syncs(node));
        var without = new FakeEncoderNode(false);
        Assert.Equal([true, false, false], Syncs(without));

        static List<bool> Syncs(FakeEncoderNode node)
        {
            using var device = new VideoDevice(node);
            using var encoder = Make(device);
            List<CodedPicture> coded = [];
            for (var i = 0; i < 3; i++)
            {
                Assert.True(encoder.TryEncode(Picture(i), Frame * i, isSync: i == 2));
                Take(encoder, coded);
            }
            Assert.Equal(!node.Controls.ContainsKey(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME), encoder.Refused.Contains(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME));
            return [.. coded.Select(picture => picture.IsSync)];
        }
    }

    [Fact]
    public void A_full_encoder_says_so_until_something_is_taken()
    {
        using var device = new VideoDevice(new FakeEncoderNode(false));
        using var encoder = Make(device);
        for (var i = 0; i < 4; i++)
            Assert.True(encoder.TryEncode(Picture(i), Frame * i));
        Assert.False(encoder.TryEncode(Picture(4), Frame * 4));
        Assert.True(encoder.TryTake(TimeSpan.Zero, out _));
        Assert.True(encoder.TryEncode(Picture(4), Frame * 4));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_device_without_the_stop_command_is_ended_by_an_empty_picture(bool full)
    {
        using var device = new VideoDevice(new FakeEncoderNode(false) { HasCommand = false });
        using var encoder = Make(device);
        for (var i = 0; i < (full ? 4 : 2); i++)
            Assert.True(encoder.TryEncode(Picture(i), Frame * i));
        encoder.Drain();
        List<CodedPicture> coded = [];
        while (!encoder.IsDrained)
            Take(encoder, coded);
        Assert.Equal(full ? 4 : 2, coded.Count);
    }

    [Fact]
    public void Behind_a_drain_it_begins_anew_with_a_sync_sample()
    {
        using var device = new VideoDevice(new FakeEncoderNode(true));
        using var encoder = Make(device);
        for (var round = 0; round < 3; round++)
        {
            List<CodedPicture> coded = [];
            for (var i = 0; i < 3; i++)
                Assert.True(encoder.TryEncode(Picture(i), Frame * i));
            encoder.Drain();
            Assert.Throws<InvalidOperationException>(() => encoder.TryEncode(Picture(3), Frame * 3));
            while (!encoder.IsDrained)
                Take(encoder, coded);
            Assert.Equal((3, true), (coded.Count, coded[0].IsSync));
            encoder.Restart();
        }
    }

    [Fact]
    public void A_picture_that_the_device_calls_damaged_is_left_out_and_counted()
    {
        using var device = new VideoDevice(new FakeEncoderNode(false) { MarkDamaged = 1 });
        using var encoder = Make(device);
        for (var i = 0; i < 3; i++)
            Assert.True(encoder.TryEncode(Picture(i), Frame * i));
        encoder.Drain();
        List<CodedPicture> coded = [];
        while (!encoder.IsDrained)
            Take(encoder, coded);
        Assert.Equal([TimeSpan.Zero, Frame * 2], coded.Select(picture => picture.Time));
        Assert.Equal(1, encoder.Damaged);
    }

    [Fact]
    public void Pictures_in_foreign_memory_are_handed_over_by_descriptor_and_come_back_by_number()
    {
        using var device = new VideoDevice(new FakeEncoderNode(true));
        using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = V4L2_PIX_FMT_H264, Width = Width, Height = Height, TakesForeignMemory = true });
        using var memory = new SafeFileHandle(5, ownsHandle: false);
        Assert.True(encoder.TryEncode(memory, 5000, 4608, Frame, out var index));
        Assert.False(encoder.TakeBack(out _));
        Assert.True(encoder.TryTake(TimeSpan.Zero, out var coded));
        Assert.Equal((Frame, 4608), (coded.Time, BitConverter.ToInt64(coded.Bytes.Span[1..])));
        Assert.True(encoder.TakeBack(out var back));
        Assert.Equal(index, back);
    }

    [Fact]
    public void A_hundred_rounds_leave_no_buffer_and_no_mapping()
    {
        var node = new FakeEncoderNode(false);
        using var device = new VideoDevice(node);
        for (var round = 0; round < 100; round++)
        {
            using var encoder = Make(device);
            Assert.True(encoder.TryEncode(Picture(round), Frame));
            encoder.Drain();
            while (!encoder.IsDrained)
                Take(encoder, []);
        }
        Assert.Equal((0, false), (node.Maps, node.HoldsBuffers));
    }

    [Theory]
    [InlineData(VIDIOC_REQBUFS, "VIDIOC_REQBUFS")]
    [InlineData(VIDIOC_QUERYBUF, "VIDIOC_QUERYBUF")]
    [InlineData(VIDIOC_QBUF, "VIDIOC_QBUF")]
    [InlineData(VIDIOC_STREAMON, "VIDIOC_STREAMON")]
    [InlineData(VIDIOC_S_FMT, "VIDIOC_S_FMT")]
    [InlineData(VIDIOC_S_EXT_CTRLS, "VIDIOC_S_EXT_CTRLS ()")]
    [InlineData(VIDIOC_SUBSCRIBE_EVENT, "VIDIOC_SUBSCRIBE_EVENT")]
    public void A_call_that_fails_is_named_and_leaves_nothing_mapped(uint request, string name)
    {
        var node = new FakeEncoderNode(false);
        using var device = new VideoDevice(node);
        // Buffers are given back by the same call that asks for them; that one alone may stay without an answer.
        node.Fails = (request, request == VIDIOC_REQBUFS ? 12 : 5);
        var fault = Assert.Throws<ErrnoException>(() => Make(device, controls: [(V4L2_CID_MPEG_VIDEO_BITRATE, 1_000_000)]));
        Assert.Equal($"{name} /dev/video7: {(request == VIDIOC_REQBUFS ? "Cannot allocate memory (errno 12)" : "Input/output error (errno 5)")}", fault.Message);
        Assert.Equal(0, node.Maps);
    }

    [Fact]
    public void A_device_that_is_unplugged_ends_with_its_errno_and_is_given_back_in_peace()
    {
        var node = new FakeEncoderNode(false);
        using var device = new VideoDevice(node);
        using (var encoder = Make(device))
        {
            Assert.True(encoder.TryEncode(Picture(0), Frame));
            node.IsGone = true;
            Assert.Equal(ENODEV, Assert.Throws<ErrnoException>(() => encoder.TryEncode(Picture(1), Frame)).Errno);
        }
        Assert.Equal(0, node.Maps);
    }

    [Fact]
    public void What_the_device_cannot_is_said_with_its_name()
    {
        using var device = new VideoDevice(new FakeEncoderNode(false));
        Assert.Equal("/dev/video7 (Encoder of a test) does not encode to HEVC", Assert.Throws<NotSupportedException>(() => new VideoEncoder(device, new EncoderSettings { Coded = V4L2_PIX_FMT_HEVC, Width = 64, Height = 36 })).Message);
        using var other = new VideoDevice(new FakeEncoderNode(false) { RawFormats = [0x34424752] });
        Assert.Equal("/dev/video7 (Encoder of a test) takes none of NV12, YU12, YUYV, UYVY, NV21, BGR3, RGB3, GREY at 64x36", Assert.Throws<NotSupportedException>(() => Make(other)).Message);
    }

    [Fact]
    public void A_device_says_what_it_is()
    {
        var node = new FakeEncoderNode(true);
        using (var device = new VideoDevice(node))
        {
            Assert.Equal(("fake", "Encoder of a test", true, true, false), (device.Driver, device.Card, device.IsMultiPlanar, device.IsMemoryToMemory, device.IsCamera));
            Assert.Equal(["H264"], device.EncodesTo.Select(format => format.ToString()));
            Assert.Equal((25_000, 10_000_000), (device.Control(V4L2_CID_MPEG_VIDEO_BITRATE)!.Value.Least, device.Control(V4L2_CID_MPEG_VIDEO_BITRATE)!.Value.Most));
            Assert.Null(device.Control(V4L2_CID_MPEG_VIDEO_H264_LEVEL));
        }
        Assert.True(node.IsClosed);
        var gone = new FakeEncoderNode(true) { IsGone = true };
        Assert.Equal("VIDIOC_QUERYCAP /dev/video7: No such device (errno 19)", Assert.Throws<ErrnoException>(() => new VideoDevice(gone)).Message);
        Assert.True(gone.IsClosed);
    }

    [Theory]
    [InlineData(V4L2_PIX_FMT_NV12)]
    [InlineData(V4L2_PIX_FMT_YUV420)]
    [InlineData(V4L2_PIX_FMT_YUYV)]
    public void Lines_that_are_longer_and_more_than_the_pictures_hold_it_all_the_same(uint fourCC)
    {
        var (width, height) = (66, 38);
        var format = new VideoFormat(fourCC, 96, 48, [(0, fourCC == V4L2_PIX_FMT_YUYV ? 192u : 96u)]);
        var tight = new byte[RawPicture.Length(fourCC, width, height)];
        new Random(7).NextBytes(tight);
        var buffer = new byte[RawPicture.LengthIn(format)];
        RawPicture.Spread(tight, buffer, format, width, height);
        var back = new byte[tight.Length];
        RawPicture.Gather(buffer, back, format, width, height);
        Assert.Equal(tight, back);
        Assert.Equal(fourCC == V4L2_PIX_FMT_YUYV ? 192 * 48 : 96 * 48 * 3 / 2, buffer.Length);
    }

    [Theory]
    [InlineData(V4L2_PIX_FMT_NV12)]
    [InlineData(V4L2_PIX_FMT_YUV420)]
    [InlineData(V4L2_PIX_FMT_UYVY)]
    [InlineData(V4L2_PIX_FMT_BGR24)]
    public void A_picture_goes_from_one_drivers_lines_into_anothers_and_its_last_line_fills_what_is_below(uint fourCC)
    {
        var (width, height, bytes) = (66, 38, fourCC switch { V4L2_PIX_FMT_UYVY => 2u, V4L2_PIX_FMT_BGR24 => 3u, _ => 1u });
        var (from, to) = (new VideoFormat(fourCC, 66, 38, [(0, 68 * bytes)]), new VideoFormat(fourCC, 96, 48, [(0, 96 * bytes)]));
        var tight = new byte[RawPicture.Length(fourCC, width, height)];
        new Random(7).NextBytes(tight);
        var (source, target, back) = (new byte[RawPicture.LengthIn(from)], new byte[RawPicture.LengthIn(to)], new byte[tight.Length]);
        RawPicture.Spread(tight, source, from, width, height);
        RawPicture.Copy(source, RawPicture.Areas(from, width, height), target, RawPicture.Areas(to, width, height));
        RawPicture.Gather(target, back, to, width, height);
        Assert.Equal(tight, back);
        RawPicture.FillBelow(target, RawPicture.Areas(to, width, height));
        foreach (var area in RawPicture.Areas(to, width, height))
            for (var line = area.Lines; line < area.Room; line++)
                Assert.Equal(target.AsSpan(area.Offset + (area.Lines - 1) * area.Stride, area.Bytes), target.AsSpan(area.Offset + line * area.Stride, area.Bytes));
    }

    private static VideoEncoder Make(VideoDevice device, IReadOnlyList<(uint, long)>? controls = null)
        => new(device, new EncoderSettings { Coded = V4L2_PIX_FMT_H264, Width = Width, Height = Height, Controls = controls ?? [] });

    private static void Take(VideoEncoder encoder, List<CodedPicture> coded)
    {
        while (encoder.TryTake(TimeSpan.Zero, out var picture))
            coded.Add(picture);
    }

    private static byte[] Picture(int seed)
    {
        var picture = new byte[RawPicture.Length(V4L2_PIX_FMT_NV12, Width, Height)];
        new Random(seed).NextBytes(picture);
        return picture;
    }

    private static byte[] Spread(byte[] picture, VideoFormat format)
    {
        var buffer = new byte[RawPicture.LengthIn(format)];
        RawPicture.Spread(picture, buffer, format, Width, Height);
        RawPicture.FillBelow(buffer, RawPicture.Areas(format, Width, Height));
        return buffer;
    }
}
