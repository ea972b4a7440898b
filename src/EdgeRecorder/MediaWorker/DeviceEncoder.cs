using EdgeRecorder.H26x;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;
using KernelEncoder = EdgeRecorder.Platform.V4l2.VideoEncoder;

namespace EdgeRecorder.MediaWorker;

/// <summary>
/// A stateful encoder of the kernel. What goes in must come out, picture by picture and in that order: one that leaves a picture out, calls one damaged or stands still has failed,
/// and the export is not made of what is left.
/// </summary>
internal sealed class DeviceEncoder : IPictureEncoder
{
    /// <summary>A buffer that comes free without a coded picture wakes nobody: it is looked for so often.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Formats that an I420 picture is only laid out differently in. What else drivers take they would convert back inside.</summary>
    private static readonly uint[] Raw = [V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_NV21];

    private static readonly AVRational Microseconds = new() { num = 1, den = 1_000_000 };
    private static readonly byte[] StartCode = [0, 0, 0, 1];

    private readonly KernelEncoder _encoder;
    private readonly PictureEncoding _wanted;
    private readonly TimeSpan _patience;
    private readonly bool _forcesSync;                      // it has no GOP size that could be set
    private readonly ParameterSets _sets = new(Codec.H264);
    private readonly Queue<(long Pts, TimeSpan Stamp)> _inside = new();
    private readonly Queue<(byte[] Bytes, long Pts, bool IsSync)> _ready = new();
    private readonly MemoryStream _picture = new();
    private byte[]? _header;                                // sets as the file's head has them
    private long _sent, _moved;                             // TickCount64: when something went in or came out
    private bool _ends;

    private DeviceEncoder(VideoDevice device, KernelEncoder encoder, PictureEncoding wanted, TimeSpan patience)
    {
        (_encoder, _wanted, _patience, Name) = (encoder, wanted, patience, $"{device.Path} ({device.Card})");
        _forcesSync = encoder.Refused.Contains(V4L2_CID_MPEG_VIDEO_GOP_SIZE) && encoder.Refused.Contains(V4L2_CID_MPEG_VIDEO_H264_I_PERIOD);
    }

    public string Name { get; }
    public AVRational TimeBase => _wanted.TimeBase;
    public bool KeepsFullRange => false;                    // its driver writes the SPS, and says nothing of it

    /// <param name="wanted">Size, times, GOP and bit rate.</param>
    /// <param name="patience">How long it may give nothing.</param>
    /// <exception cref="NotSupportedException">It takes no such pictures.</exception>
    /// <exception cref="ErrnoException">It does not begin: in use, gone.</exception>
    public static DeviceEncoder Open(VideoDevice device, PictureEncoding wanted, TimeSpan patience)
    {
        var encoder = new KernelEncoder(device, new EncoderSettings
        {
            Coded = V4L2_PIX_FMT_H264, Width = wanted.Width, Height = wanted.Height, Raw = Raw, FramesPerSecond = (uint)Math.Max(1, Math.Round((double)wanted.FrameRate.num / wanted.FrameRate.den)),
            Controls = EncoderSettings.Recording((int)wanted.BitRate, wanted.GopPictures),
        });
        // Lines below the picture repeat its last one. To the right of it would be a stripe that never was in any picture.
        if (encoder.Crops || encoder.RawFormat.Width == wanted.Width)
            return new(device, encoder, wanted, patience);
        encoder.Dispose();
        throw new NotSupportedException($"{device.Path} ({device.Card}) makes pictures of {wanted.Width} columns {encoder.RawFormat.Width} wide");
    }

    public void Send(Frame? picture) => OfDevice(() =>
    {
        if (picture is null)
        {
            _encoder.Drain();
            _ends = true;
            return;
        }
        _moved = Environment.TickCount64;
        int? lent;
        while ((lent = _encoder.Lend(isSync: _forcesSync && _sent % _wanted.GopPictures == 0)) is null)
            Collect(Look);
        Lay(picture, _encoder.Memory(lent.Value));
        var stamp = TimeSpan.FromTicks(ffmpeg.av_rescale_q(picture.Pts, TimeBase, Microseconds) * TimeSpan.TicksPerMicrosecond);
        _encoder.Encode(lent.Value, stamp);
        _inside.Enqueue((picture.Pts, stamp));
        _sent++;
        while (Collect(TimeSpan.Zero)) { }
    });

    public bool TryReceive(Packet packet)
    {
        if (_ends)
            OfDevice(Finish);
        if (!_ready.TryDequeue(out var ready))
            return false;
        packet.Fill(ready.Bytes, ready.IsSync);
        (packet.Pts, packet.Dts) = (ready.Pts, ready.Pts);
        return true;
    }

    public int AddTo(Muxer muxer)
        => muxer.AddH264(_sets.Format.Width, _sets.Format.Height, _wanted.SampleAspect, TimeBase, _wanted.FrameRate, _wanted.GlobalHeader ? _header : []);

    public void Dispose()
    {
        _encoder.Dispose();
        _picture.Dispose();
    }

    /// <summary>Takes what is still inside. The last pictures are few: they wait in memory.</summary>
    private void Finish()
    {
        _moved = Environment.TickCount64;
        while (!_encoder.IsDrained)
            Collect(Look);
        if (_inside.Count > 0)
            throw Failed($"kept {_inside.Count} of {_sent} pictures");
    }

    /// <summary>The next coded picture, if there is one within the time; never waits for longer in all than a device may take.</summary>
    private bool Collect(TimeSpan most)
    {
        var taken = _encoder.TryTake(most, Take);
        if (_encoder.Damaged > 0)
            throw Failed("called a picture damaged");
        if (taken)
            _moved = Environment.TickCount64;
        else if (Environment.TickCount64 - _moved > _patience.TotalMilliseconds)
            throw Failed($"gave nothing for {_patience.TotalSeconds:0} s");
        return taken;
    }

    /// <summary>
    /// What a driver puts into a buffer: a picture, sets in front of it or in a buffer of their own, or both. Sets go into the file's head where it has one, otherwise before each sync sample,
    /// whatever the driver does. Whether it is one is read from the slices: some drivers never mark it.
    /// </summary>
    private void Take(ReadOnlySpan<byte> annexB, TimeSpan time)
    {
        _picture.SetLength(0);
        var (hasSlice, isSync) = (false, false);
        foreach (var nal in AnnexB.Split(annexB))
        {
            var head = NalHead.Read(Codec.H264, nal);
            if (head.Kind is NalKind.Sps or NalKind.Pps)
            {
                if (_sets.Add(nal) == SetOutcome.Refused)
                    throw Failed("gave parameter sets that are none");
                continue;
            }
            (hasSlice, isSync) = (hasSlice | head.Kind == NalKind.Slice, isSync | head.IsRandomAccess);
            if (head.Kind is not (NalKind.Delimiter or NalKind.Filler))
                Append(nal);
        }
        if (!hasSlice)
            return;
        if (_header is null && !(isSync && _sets.IsComplete))
            throw Failed("does not begin with a sync sample and its parameter sets");
        var sets = isSync ? Sets() : [];
        _header ??= sets;
        // What has changed since the head was written stands in the stream.
        var isInHead = _wanted.GlobalHeader && sets.AsSpan().SequenceEqual(_header);
        _ready.Enqueue((isInHead ? _picture.ToArray() : [.. sets, .. _picture.GetBuffer().AsSpan(0, (int)_picture.Length)], TimeOf(time), isSync));
    }

    /// <summary>The time that went in with the picture, exactly. Drivers that carry no stamps are told by their order; those that carry them are held to it.</summary>
    private long TimeOf(TimeSpan stamp)
    {
        if (!_inside.TryDequeue(out var oldest))
            throw Failed("gave more pictures than it was given");
        if (oldest.Stamp != stamp && _inside.Any(other => other.Stamp == stamp))
            throw Failed("left out a picture, or gave them in another order");
        return oldest.Pts;
    }

    private byte[] Sets()
    {
        using var sets = new MemoryStream();
        foreach (var set in _sets.ToArray())
        {
            sets.Write(StartCode);
            sets.Write(set);
        }
        return sets.ToArray();
    }

    private void Append(ReadOnlySpan<byte> nal)
    {
        _picture.Write(StartCode);
        _picture.Write(nal);
    }

    /// <summary>An I420 picture in the driver's layout.</summary>
    private void Lay(Frame picture, Span<byte> buffer)
    {
        var (areas, format) = (_encoder.Areas, _encoder.RawFormat.FourCC);
        for (var row = 0; row < picture.Height; row++)
            Row(picture, 0, row).CopyTo(buffer[(areas[0].Offset + row * areas[0].Stride)..]);
        for (var row = 0; row < picture.RowsOf(1); row++)
        {
            if (format == V4L2_PIX_FMT_YUV420)
            {
                Row(picture, 1, row).CopyTo(buffer[(areas[1].Offset + row * areas[1].Stride)..]);
                Row(picture, 2, row).CopyTo(buffer[(areas[2].Offset + row * areas[2].Stride)..]);
                continue;
            }
            var (first, second) = format == V4L2_PIX_FMT_NV12 ? (1, 2) : (2, 1);
            var even = Row(picture, first, row);
            var odd = Row(picture, second, row);
            var pairs = buffer.Slice(areas[1].Offset + row * areas[1].Stride, 2 * even.Length);
            for (var i = 0; i < even.Length; i++)
                (pairs[2 * i], pairs[2 * i + 1]) = (even[i], odd[i]);
        }
    }

    private static ReadOnlySpan<byte> Row(Frame picture, int plane, int row) => picture.Plane(plane).Slice(row * picture.Stride(plane), picture.ColumnsOf(plane));

    private JobException Failed(string what) => new(JobException.Encoder, $"{Name} {what}");

    private static void OfDevice(Action work)
    {
        try
        {
            work();
        }
        catch (ErrnoException e)
        {
            throw new JobException(JobException.Encoder, e.Message);
        }
    }
}
