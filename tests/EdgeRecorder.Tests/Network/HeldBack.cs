using System.Net.Sockets;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Network;

/// <summary>What lies below a reader's low-water mark: it has arrived, and its socket is not readable for it.</summary>
internal static class HeldBack
{
    /// <summary>
    /// Sends a little until it stays in the kernel. A wake-up by what came before may still be under way and takes what it finds, which is none of the mark's business; then as much is sent again.
    /// </summary>
    /// <param name="reader">The receiving end.</param>
    /// <param name="sendAsync">Sends a few bytes, and returns how many.</param>
    /// <param name="isTaken">The reader has handed on all that was sent.</param>
    public static async Task SendAsync(Socket reader, Func<Task<int>> sendAsync, Func<bool> isTaken)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var bytes = await sendAsync();
            Wait.Until(() => isTaken() || reader.Available >= bytes);
            var isReadable = reader.Poll(0, SelectMode.SelectRead);     // poll(2) goes by SO_RCVLOWAT as epoll does
            if (reader.Available >= bytes)                  // and it lay there before
            {
                Assert.False(isReadable, "what lies below the mark wakes the reader");
                return;
            }
            Wait.Until(isTaken);
        }
        Assert.Fail("whatever is sent is taken at once");
    }
}
