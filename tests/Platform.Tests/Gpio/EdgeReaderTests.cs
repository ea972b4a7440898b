using System.IO.Pipes;
using EdgeRecorder.Platform.Gpio;
using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Tests.Gpio;

/// <summary>Edges as the kernel writes them, through a pipe in the place of a line.</summary>
public sealed class EdgeReaderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AnonymousPipeServerStream _kernel = new(PipeDirection.Out);
    private readonly SafeFileHandle _line;
    private readonly List<PinValueChangedEventArgs> _told = [];
    private PinValue _level = PinValue.Low;

    public EdgeReaderTests() => _line = new SafeFileHandle(_kernel.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);

    public void Dispose()
    {
        _line.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void Edges_are_told_in_order_with_the_kernels_time()
    {
        Write(Edge(1, true, 1_500_000_000), Edge(2, false, 1_750_000_000));
        Drain(Reader());
        Assert.Equal([(PinEventTypes.Rising, TimeSpan.FromSeconds(1.5), 0u, false), (PinEventTypes.Falling, TimeSpan.FromSeconds(1.75), 0u, false)], Told());
    }

    [Fact]
    public void A_hole_in_the_numbers_is_counted_and_the_line_that_stands_elsewhere_is_told_once()
    {
        var reader = Reader();
        Write(Edge(1, true, 1));
        Drain(reader);
        (_level, var before) = (PinValue.Low, _told.Count);
        Write(Edge(5, true, 2));                           // 2, 3 and 4 were dropped, and the line is low by now
        Drain(reader);
        Assert.Equal([(PinEventTypes.Rising, 3u, false), (PinEventTypes.Falling, 0u, true)], _told.Skip(before).Select(e => (e.ChangeType, e.Lost, e.IsRepair)));
        Assert.Equal(3, reader.Lost);
        Write(Edge(6, false, 3), Edge(7, true, 4));        // the kernel's own edge to that level comes late: it is known already
        Drain(reader);
        Assert.Equal([PinEventTypes.Rising], _told.Skip(before + 2).Select(e => e.ChangeType));
    }

    [Fact]
    public void Behind_a_hole_a_line_that_stands_where_the_last_edge_left_it_is_not_told_again()
    {
        _level = PinValue.High;
        Write(Edge(9, false, 1), Edge(10, true, 2));
        var reader = Reader();
        Drain(reader);
        Assert.Equal([(PinEventTypes.Falling, 8u), (PinEventTypes.Rising, 0u)], _told.Select(e => (e.ChangeType, e.Lost)));
    }

    [Fact]
    public void Numbers_may_wrap()
    {
        var reader = Reader();
        Write(Edge(uint.MaxValue, true, 1));
        Drain(reader);
        Write(Edge(0, false, 2), Edge(1, true, 3));
        _level = PinValue.High;
        Drain(reader);
        Assert.Equal((uint.MaxValue - 1, 0u, 0u), (_told[0].Lost, _told[^2].Lost, _told[^1].Lost));
    }

    [Fact]
    public void A_line_that_ends_is_an_error_that_names_it()
    {
        _kernel.Dispose();
        var fault = Assert.Throws<ErrnoException>(() => Drain(Reader()));
        Assert.Equal("read /dev/gpiochip0 line 3 (REC_BUTTON): Input/output error (errno 5)", fault.Message);
    }

    [Fact]
    public async Task One_thread_tells_of_all_lines_and_none_is_told_after_it_was_let_go()
    {
        using var loop = new ReadyLoop("edges");
        using var other = new AnonymousPipeServerStream(PipeDirection.Out);
        using var otherLine = new SafeFileHandle(other.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        var (first, second) = (Awaited(), Awaited());
        var watchFirst = Tell(loop, _line, first);
        using var watch = Tell(loop, otherLine, second);
        other.Write(Edge(1, true, 1));
        _kernel.Write(Edge(1, true, 1));
        var threads = await Task.WhenAll(first.Task, second.Task).WaitAsync(Patience);
        Assert.Equal(threads[0], threads[1]);
        Assert.NotEqual(Environment.CurrentManagedThreadId, threads[0]);

        watch.Dispose();
        watchFirst.Dispose();
        other.Write(Edge(2, false, 2));
        var third = Awaited();
        using var again = Tell(loop, _line, third);        // the loop goes round once more
        _kernel.Write(Edge(2, false, 2));
        await third.Task.WaitAsync(Patience);
        Assert.Equal(48, LibC.Read(otherLine, new byte[480]));
    }

    [Fact]
    public async Task A_loop_may_be_ended_by_what_it_tells()
    {
        var loop = new ReadyLoop("edges");
        var ended = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Watch(_line, () =>
        {
            loop.Dispose();
            ended.SetResult(Thread.CurrentThread);
        });
        _kernel.Write(Edge(1, true, 1));
        var thread = await ended.Task.WaitAsync(Patience);
        Assert.True(thread.Join(Patience));                 // an exception of its own would have ended the process
        Assert.Throws<ObjectDisposedException>(() => loop.Watch(_line, () => { }));
    }

    [Fact]
    public void Chips_are_listed_by_number()
    {
        var folder = Directory.CreateTempSubdirectory("edge-recorder-chips-").FullName;
        try
        {
            foreach (var name in new[] { "gpiochip10", "gpiochip2", "gpiochip", "gpiochipX", "gpio", "gpiochip0" })
                File.WriteAllText(Path.Combine(folder, name), "");
            Assert.Equal(["gpiochip0", "gpiochip2", "gpiochip10"], GpioController.Chips(folder).Select(Path.GetFileName));
            var fault = Assert.Throws<ErrnoException>(() => new GpioController(Path.Combine(folder, "gpiochip0"), null!));
            Assert.Equal($"GPIO_GET_CHIPINFO_IOCTL {folder}/gpiochip0: Inappropriate ioctl for device (errno 25)", fault.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Settings_become_the_kernels_flags_and_attributes()
    {
        var button = GpioController.Config(new PinSettings { Mode = PinMode.InputPullUp, ActiveLow = true, Edges = PinEventTypes.Rising | PinEventTypes.Falling, Debounce = TimeSpan.FromMilliseconds(20) });
        Assert.Equal(4UL | 2 | 256 | 16 | 32, button.flags);
        Assert.Equal((1u, 3u, 20_000u, 1UL), Attribute(button));
        var led = GpioController.Config(new PinSettings { Mode = PinMode.Output, Initial = PinValue.High });
        Assert.Equal(8UL, led.flags);
        Assert.Equal((1u, 2u, 1u, 1UL), Attribute(led));
        Assert.Equal(0u, GpioController.Config(new PinSettings { Mode = PinMode.InputPullDown }).num_attrs);
    }

    private static unsafe (uint Count, uint Id, uint Value, ulong Mask) Attribute(gpio_v2_line_config config)
        => (config.num_attrs, *(uint*)config.attrs, *(uint*)(config.attrs + 8), *(ulong*)(config.attrs + 16));

    private static IDisposable Tell(ReadyLoop loop, SafeFileHandle line, TaskCompletionSource<int> told)
        => loop.Watch(line, () =>
        {
            LibC.Read(line, new byte[480]);
            told.TrySetResult(Environment.CurrentManagedThreadId);
        });

    /// <summary>The test goes on in a thread of its own, never in that of the loop.</summary>
    private static TaskCompletionSource<int> Awaited() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EdgeReader Reader() => new(3, "/dev/gpiochip0 line 3 (REC_BUTTON)", _line, () => _level);

    private void Drain(EdgeReader reader) => reader.Drain(_told.Add);

    private void Write(params byte[][] edges) => _kernel.Write([.. edges.SelectMany(edge => edge)]);

    private IEnumerable<(PinEventTypes, TimeSpan, uint, bool)> Told() => _told.Select(e => (e.ChangeType, e.Timestamp, e.Lost, e.IsRepair));

    private static byte[] Edge(uint number, bool rising, ulong timestampNs)
    {
        var bytes = new byte[48];
        BitConverter.TryWriteBytes(bytes, timestampNs);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), rising ? 1u : 2u);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), number);
        BitConverter.TryWriteBytes(bytes.AsSpan(20), number);
        return bytes;
    }
}
