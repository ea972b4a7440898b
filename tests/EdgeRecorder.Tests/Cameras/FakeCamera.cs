using System.Diagnostics;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Tests.Cameras;

/// <summary>A camera that takes a picture whenever somebody waits for one and has given it a buffer.</summary>
internal sealed class FakeCamera(string path, params uint[] formats) : FakeVideoNode(path, V4L2_CAP_VIDEO_CAPTURE)
{
    private readonly FakeQueue _queue = new();
    private readonly Dictionary<int, int> _exported = [];
    private TimeSpan _time = Stopwatch.GetElapsedTime(0);
    private uint _sequence;

    /// <summary>Fills a buffer with picture number so many; the answer is how many bytes it used. Null: as <see cref="Gradient"/>.</summary>
    public Func<int, byte[]>? Shows { get; set; }

    /// <summary>Numbers of pictures that the driver drops, or marks as damaged.</summary>
    public HashSet<uint> Drops { get; } = [];
    public HashSet<uint> Damages { get; } = [];

    /// <summary>No more pictures from this one on.</summary>
    public int Ends { get; set; } = int.MaxValue;
    public int Inputs { get; set; } = 1;
    public int Taken => (int)_sequence;
    public uint Rate { get; set; } = 25;

    /// <summary>The memory behind a descriptor that was given out.</summary>
    public byte[] Memory(int descriptor) => _queue.Buffers[_exported[descriptor]].Memory;

    protected override FakeBuffer At(int offset) => _queue.Buffers[offset];

    protected override int Answer<T>(uint request, ref T argument)
    {
        switch (request)
        {
            case VIDIOC_QUERYCAP:
                return Describe(ref argument, "Camera of a test");
            case VIDIOC_ENUM_FMT:
                return List(ref argument, formats);
            case VIDIOC_S_INPUT:
                return As<T, int>(ref argument) < Inputs ? 0 : EINVAL;
            case VIDIOC_S_FMT:
                ref var pixels = ref Pixels(ref argument);
                pixels.pixelformat = formats.Contains(pixels.pixelformat) ? pixels.pixelformat : formats[0];
                (pixels.width, pixels.height) = (Math.Min(pixels.width, 640), Math.Min(pixels.height, 480));
                (pixels.bytesperline, pixels.sizeimage) = pixels.pixelformat == V4L2_PIX_FMT_YUYV ? (pixels.width * 2, pixels.width * pixels.height * 2) : (pixels.width, pixels.width * pixels.height * 3 / 2);
                _queue.Format = pixels;
                return 0;
            case VIDIOC_S_PARM or VIDIOC_G_PARM:
                // v4l2_streamparm: timeperframe at 12.
                var time = System.Runtime.InteropServices.MemoryMarshal.AsBytes(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref argument, 1))[12..];
                if (request == VIDIOC_S_PARM)
                    Rate = BitConverter.ToUInt32(time[4..]) / BitConverter.ToUInt32(time);
                BitConverter.TryWriteBytes(time, 1u);
                BitConverter.TryWriteBytes(time[4..], Rate);
                return 0;
            case VIDIOC_SUBSCRIBE_EVENT:
                return 0;
            case VIDIOC_DQEVENT:
                return ENOENT;
            case VIDIOC_QUERY_EXT_CTRL or VIDIOC_S_EXT_CTRLS:
                return Control(request, ref argument);
            case VIDIOC_REQBUFS:
                _queue.Allocate(As<T, v4l2_requestbuffers>(ref argument).count);
                return 0;
            case VIDIOC_QUERYBUF:
                ref var asked = ref As<T, v4l2_buffer>(ref argument);
                (asked.m, asked.length) = (asked.index, _queue.Format.sizeimage);
                return 0;
            case VIDIOC_EXPBUF:
                ref var export = ref As<T, v4l2_exportbuffer>(ref argument);
                using (var file = File.OpenHandle("/dev/null"))
                {
                    export.fd = (int)file.DangerousGetHandle();
                    file.SetHandleAsInvalid();              // who asked closes it
                }
                _exported[export.fd] = (int)export.index;
                return 0;
            case VIDIOC_QBUF:
                ref var given = ref As<T, v4l2_buffer>(ref argument);
                _queue.Queued.Enqueue(((int)given.index, 0, default, null));
                return 0;
            case VIDIOC_DQBUF:
                return _queue.Take(ref As<T, v4l2_buffer>(ref argument));
            case VIDIOC_STREAMON:
                _queue.Streams = true;
                return 0;
            case VIDIOC_STREAMOFF:
                _queue.Stop();
                return 0;
            default:
                return ENOTTY;
        }
    }

    protected override short Work()
    {
        if (_queue.Streams && _queue.Done.Count == 0 && _sequence < Ends && _queue.Queued.TryDequeue(out var buffer))
        {
            while (Drops.Contains(_sequence))
                Tick();
            var picture = Shows?.Invoke((int)_sequence) ?? Gradient(_queue.Format.pixelformat, (int)_queue.Format.width, (int)_queue.Format.height, (int)_sequence);
            picture.CopyTo(_queue.Buffers[buffer.Index].Memory, 0);
            _queue.Done.Enqueue((buffer.Index, picture.Length, new() { tv_sec = (long)_time.TotalSeconds, tv_usec = _time.Ticks % TimeSpan.TicksPerSecond / 10 }, Damages.Contains(_sequence) ? V4L2_BUF_FLAG_ERROR : 0, _sequence));
            Tick();
        }
        return _queue.Done.Count > 0 ? LibC.POLLIN : (short)0;
    }

    /// <summary>A brightness that rises from left to right and moves on by 4 with every picture; grey.</summary>
    public static byte[] Gradient(uint fourCC, int width, int height, int number)
    {
        var picture = new byte[RawPicture.Length(fourCC, width, height)];
        Array.Fill(picture, (byte)128);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                picture[fourCC == V4L2_PIX_FMT_YUYV ? (y * width + x) * 2 : y * width + x] = Luma(x, width, number);
        return picture;
    }

    public static byte Luma(int x, int width, int number) => (byte)(32 + (x * 128 / width + number * 4) % 160);

    private void Tick() => (_sequence, _time) = (_sequence + 1, _time + TimeSpan.FromSeconds(1.0 / Rate));
}
