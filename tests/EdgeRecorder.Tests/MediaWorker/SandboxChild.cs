using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>The test assembly as a program of its own that enters the sandbox and tries to leave it: a line of output for each attempt.</summary>
internal static class SandboxChild
{
    public static int Run(int port, string folder)
    {
        var open = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var entered = new ManualResetEventSlim();
        List<string> old = [];
        var before = new Thread(() =>
        {
            entered.Wait();
            old.Add(Try("old thread", () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp).Dispose()));
        });
        before.Start();
        Sandbox.Enter(1L << 30);
        entered.Set();
        before.Join();
        Console.WriteLine(old[0]);
        var after = new Thread(() => Console.WriteLine(Try("new thread", () => new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp).Dispose())));
        after.Start();
        after.Join();
        Console.WriteLine(Try("unix", () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified).Dispose()));
        Console.WriteLine(Try("connect", () => open.Connect(IPAddress.Loopback, port)));
        Console.WriteLine(Try("listen", () =>
        {
            open.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            open.Listen();
        }));
        Console.WriteLine(Try("process", () => Process.Start("/bin/true")));
        Sandbox.LimitFileSize(1000);
        Console.WriteLine(Try("long file", () => File.WriteAllBytes(Path.Combine(folder, "f"), new byte[5000])));
        Console.WriteLine(Try("memory", () => GC.KeepAlive(GC.AllocateUninitializedArray<byte>(int.MaxValue - 100, pinned: true))));
        Console.WriteLine(Try("short file", () => File.WriteAllBytes(Path.Combine(folder, "g"), new byte[500])));
        return 0;
    }

    /// <summary>A line for each ioctl of video devices, one of GPIO and one of terminals: the errno that /dev/null answers with, which knows none of them, or the sandbox in its place.</summary>
    public static int TryIoctls(bool isEncoder)
    {
        using var nothing = File.OpenHandle("/dev/null");
        Sandbox.Enter(1L << 30, isEncoder ? Platform.V4l2.VideoEncoder.Calls : []);
        foreach (var (name, number) in Ioctls)
        {
            var argument = default(v4l2_format);            // larger than what any of them takes
            Console.WriteLine($"{name} {LibC.Ioctl(nothing, number, ref argument)}");
        }
        return 0;
    }

    public static IReadOnlyList<(string Name, uint Number)> Ioctls { get; } =
    [
        .. typeof(VideoAbi).GetFields().Where(field => field.Name.StartsWith("VIDIOC_", StringComparison.Ordinal)).Select(field => (field.Name, (uint)field.GetRawConstantValue()!)),
        ("GPIO_V2_GET_LINE_IOCTL", 0xC250B407), ("TCGETS", 0x5401),
    ];

    private static string Try(string what, Action attempt)
    {
        try
        {
            attempt();
            return $"{what}: done";
        }
        catch (Exception e)                                 // each attempt fails in its own way; the test reads which
        {
            return $"{what}: {e.GetType().Name}";
        }
    }
}
