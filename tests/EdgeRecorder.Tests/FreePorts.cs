using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Tests;

/// <summary>
/// Ports of 127.0.0.1 that are free for TCP and UDP until a program that a test starts listens there. Not those that the system hands out: it would give them to the next connection that somebody makes.
/// None is given twice in a run.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000, Behind = 29_000;      // below what is handed out, and below the media ports that are the default
    private static readonly HashSet<int> Given = [];

    public static int Take()
    {
        lock (Given)
            while (true)
                if (Random.Shared.Next(First, Behind) is var port && Given.Add(port) && IsFree(port))
                    return port;
    }

    private static bool IsFree(int port)
    {
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            tcp.Bind(new IPEndPoint(IPAddress.Any, port));
            udp.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;                                   // somebody has it; another one is tried
        }
    }
}
