using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using EdgeRecorder.Platform.Gpio;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.HardwareChecks;

/// <summary>Lines of the kernel's simulator: a test has the other end of each in sysfs.</summary>
internal sealed class GpioChecks(Checks checks)
{
    private const string Label = "nvr-gpio";
    private static readonly PinEventTypes Both = PinEventTypes.Rising | PinEventTypes.Falling;

    private readonly ReadyLoop _loop = new("edges");

    /// <summary>Holds a line lit until it is killed.</summary>
    public static int Hold(string line)
    {
        using var loop = new ReadyLoop("edges");
        using var chip = Chip(loop);
        chip.OpenPin(chip.FindPin(line)!.Value, PinMode.Output, PinValue.High);
        Console.WriteLine("held");
        Console.In.ReadToEnd();
        return 0;
    }

    public void Run()
    {
        checks.Run("a chip is found by its label and a line by its name", () =>
        {
            using var chip = Chip(_loop);
            Checks.Equal(16, chip.PinCount, "lines");
            Checks.Equal(2, chip.FindPin("BUTTON") ?? -1, "BUTTON");
            Checks.Equal(null, chip.FindPin("NONE"), "NONE");
        });
        checks.Run("an output is lit while it is ours and falls back when it is given back", () =>
        {
            using var chip = Chip(_loop);
            var led = chip.OpenPin(chip.FindPin("REC_LED")!.Value, PinMode.Output, PinValue.High);
            Checks.Equal("1", SimulatedLine.Value(0), "at once");
            Checks.Equal("edge-recorder", chip.Info(0).Consumer, "consumer");
            led.Write(PinValue.Low);
            Checks.Equal("0", SimulatedLine.Value(0), "written");
            led.Write(PinValue.High);
            led.Close();
            Checks.Equal("0", SimulatedLine.Value(0), "given back");
        });
        checks.Run("an active-low output and input are turned round", () =>
        {
            using var chip = Chip(_loop);
            chip.OpenPin(0, new PinSettings { Mode = PinMode.Output, ActiveLow = true, Initial = PinValue.High });
            Checks.Equal("0", SimulatedLine.Value(0), "active");
            SimulatedLine.Pull(2, up: true);
            Checks.Equal(PinValue.Low, chip.OpenPin(2, new PinSettings { ActiveLow = true }).Read(), "input");
        });
        checks.Run("a bias is set", () =>
        {
            using var chip = Chip(_loop);
            SimulatedLine.Pull(2, up: false);
            Checks.Equal(PinValue.High, chip.OpenPin(2, PinMode.InputPullUp).Read(), "pulled up");
            chip.ClosePin(2);
            Checks.Equal(PinValue.Low, chip.OpenPin(2, PinMode.InputPullDown).Read(), "pulled down");
        });
        checks.Run("a thousand edges come in order, without a hole, with rising kernel time stamps", Edges);
        checks.Run("an overflow of the kernel's buffer is noticed and the line read", Overflow);
        checks.Run("the kernel leaves out what lasts shorter than the debounce", Debounce);
        checks.Run("many lines have one thread", () =>
        {
            using var chip = Chip(_loop);
            var told = 0;
            foreach (var pin in new[] { 2, 3, 4, 6 })
            {
                SimulatedLine.Pull(pin, up: false);
                chip.OpenPin(pin, PinMode.Input);
                chip.RegisterCallbackForPinValueChangedEvent(pin, Both, (_, _) => Interlocked.Increment(ref told));
            }
            foreach (var pin in new[] { 2, 3, 4, 6 })
                SimulatedLine.Pull(pin, up: true);
            Checks.Until(() => told == 4, $"{told} edges of 4 lines");
            Checks.Equal(1, Directory.GetDirectories("/proc/self/task").Count(task => File.ReadAllText($"{task}/comm").Trim() == "edges"), "threads");
        });
        checks.Run("a line that somebody else has is refused with call, chip, line and errno", () =>
        {
            using var chip = Chip(_loop);
            using var other = Chip(_loop);
            chip.OpenPin(2, PinMode.Input);
            try
            {
                other.OpenPin(2, PinMode.Input);
            }
            catch (ErrnoException e)
            {
                Checks.Equal($"GPIO_V2_GET_LINE_IOCTL {chip.Path} line 2 (BUTTON): Device or resource busy (errno 16)", e.Message, "message");
                return;
            }
            Checks.True(false, "it was given twice");
        });
        checks.Run("a process that is killed gives its lines back", () =>
        {
            using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "hold", "REC_LED"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
            Checks.Equal("held", process.StandardOutput.ReadLine(), "child");
            Checks.Equal("1", SimulatedLine.Value(0), "held");
            process.Kill();
            process.WaitForExit();
            Checks.Until(() => SimulatedLine.Value(0) == "0", "the line stays lit");
        });
        checks.Run("a chip that goes away ends its lines with a reason", Unplug);
        _loop.Dispose();
    }

    private void Edges()
    {
        const int Count = 1000;
        using var chip = Chip(_loop);
        SimulatedLine.Pull(2, up: false);
        ConcurrentQueue<PinValueChangedEventArgs> told = new();
        List<double> lateUs = [];                           // of the edge thread alone, read when all have come
        var pin = chip.OpenPin(2, PinMode.Input);
        chip.RegisterCallbackForPinValueChangedEvent(2, Both, (_, edge) =>
        {
            lateUs.Add((Stopwatch.GetElapsedTime(0) - edge.Timestamp).TotalMicroseconds);
            told.Enqueue(edge);
        });
        var before = Stopwatch.GetElapsedTime(0);
        var cpuBefore = ThreadCpuNs("edges");
        for (var i = 0; i < Count; i++)
        {
            SimulatedLine.Pull(2, up: i % 2 == 0);
            var seen = i + 1;
            Checks.Until(() => told.Count >= seen, $"edge {seen} of {Count} does not come");
        }
        var last = before;
        foreach (var (edge, i) in told.Select((edge, i) => (edge, i)))
        {
            Checks.Equal(i % 2 == 0 ? PinEventTypes.Rising : PinEventTypes.Falling, edge.ChangeType, $"edge {i}");
            Checks.True(edge.Timestamp > last && edge.Lost == 0, $"edge {i} at {edge.Timestamp} behind {last}, {edge.Lost} lost");
            last = edge.Timestamp;
        }
        Checks.Equal(0, pin.Lost, "lost");
        lateUs.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"      (emulated: {(ThreadCpuNs("edges") - cpuBefore) / 1000.0 / Count:0} µs of CPU per edge, told {lateUs[Count / 2]:0} µs after the kernel's time stamp (median), {lateUs[Count * 99 / 100]:0} µs (99 of 100))"));
    }

    /// <summary>What the threads of that name have computed so far, by the scheduler's own count.</summary>
    private static long ThreadCpuNs(string name) => Directory.GetDirectories("/proc/self/task").Where(task => File.ReadAllText($"{task}/comm").Trim() == name)
        .Sum(task => long.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));

    private void Overflow()
    {
        using var chip = Chip(_loop);
        SimulatedLine.Pull(2, up: false);
        using var held = new ManualResetEventSlim();
        ConcurrentQueue<PinValueChangedEventArgs> told = new();
        var pin = chip.OpenPin(2, PinMode.Input);
        chip.RegisterCallbackForPinValueChangedEvent(2, Both, (_, edge) =>
        {
            told.Enqueue(edge);
            held.Wait();                                    // a thread that does not get on
        });
        SimulatedLine.Pull(2, up: true);
        Checks.Until(() => !told.IsEmpty, "the first edge");
        for (var i = 0; i < 101; i++)
            SimulatedLine.Pull(2, up: i % 2 != 0);
        held.Set();
        Checks.Until(() => told.LastOrDefault() is { ChangeType: PinEventTypes.Falling } && pin.Lost > 0, "the last level");
        Checks.Equal(PinValue.Low, pin.Read(), "level");
        // Not 102: the simulator itself folds changes that follow each other faster than its interrupts.
        Console.WriteLine($"      ({told.Count(edge => !edge.IsRepair)} edges told, {pin.Lost} lost, {told.Count(edge => edge.IsRepair)} repaired)");
    }

    private void Debounce()
    {
        using var chip = Chip(_loop);
        SimulatedLine.Pull(2, up: false);
        ConcurrentQueue<PinValueChangedEventArgs> told = new();
        chip.OpenPin(2, new PinSettings { Debounce = TimeSpan.FromMilliseconds(300) });
        chip.RegisterCallbackForPinValueChangedEvent(2, Both, (_, edge) => told.Enqueue(edge));
        for (var i = 0; i < 11; i++)
            SimulatedLine.Pull(2, up: i % 2 == 0);
        Checks.Until(() => !told.IsEmpty, "the edge behind the bouncing");
        Checks.Equal((1, PinEventTypes.Rising), (told.Count, told.First().ChangeType), "edges");
    }

    private void Unplug()
    {
        using var chip = Chip(_loop);
        ConcurrentQueue<string> failed = new();
        var pin = chip.OpenPin(4, PinMode.Input);
        pin.Failed += e => failed.Enqueue(e.Message);
        chip.RegisterCallbackForPinValueChangedEvent(4, Both, (_, _) => { });
        File.WriteAllText("/sys/kernel/config/gpio-sim/nvr/live", "0");
        Checks.Until(() =>
        {
            try
            {
                pin.Read();
                return false;
            }
            catch (ErrnoException e)
            {
                return e.Errno == 19;
            }
        }, "the line can still be read");
        File.WriteAllText("/sys/kernel/config/gpio-sim/nvr/live", "1");
        using var again = Chip(_loop);
        Checks.Equal(4, again.FindPin("ALARM_IN") ?? -1, "the line of the chip that came back");
        Console.WriteLine($"      (edge thread: {(failed.IsEmpty ? "this kernel does not wake it" : failed.First())})");
    }

    private static GpioController Chip(ReadyLoop loop)
    {
        foreach (var path in GpioController.Chips())
        {
            var chip = new GpioController(path, loop);
            if (chip.Label == Label)
                return chip;
            chip.Dispose();
        }
        throw new InvalidOperationException($"no chip {Label}");
    }
}
