using EdgeRecorder.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeRecorder.Api.Doors;

/// <summary>
/// A published API family behind a listener of its own: it is reachable only there, and nothing else is. Requests are answered by the family alone, in its own shapes,
/// in front of everything the box API does; who may come in is the same for all (<see cref="DoorGuard"/>).
/// </summary>
internal abstract class Door
{
    /// <summary>As configuration and log name it.</summary>
    public abstract string Name { get; }

    public abstract FamilyOptions Options { get; }

    /// <summary>The family publishes an authorization of its own and looks at it in front of everything else.</summary>
    public virtual bool AuthorizesItself => false;

    /// <summary>Answers a request of a caller who was let in.</summary>
    public abstract Task AnswerAsync(HttpContext context, DoorCaller caller);

    /// <summary>An error in the family's shape.</summary>
    public abstract Task RefuseAsync(HttpContext context, int status, string why);
}

/// <summary>Which family's listener a connection came in by.</summary>
internal sealed record DoorMark(string Name, int Port)
{
    public static void Listen(KestrelServerOptions kestrel, string name, FamilyOptions options) => Listen(kestrel, name, options, options.Port);

    /// <param name="port">One of those of a family that has several; 0: this one stays closed.</param>
    public static void Listen(KestrelServerOptions kestrel, string name, FamilyOptions options, int port)
    {
        if (!options.Enabled || port == 0)
            return;
        var mark = new DoorMark(name, port);
        kestrel.Listen(System.Net.IPAddress.Parse(options.Bind), port, listener => listener.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        }));
    }

    /// <summary>In front of all other middleware: what came in by a family's listener goes to the family.</summary>
    public static void Use(WebApplication app)
    {
        var doors = app.Services.GetServices<Door>().ToDictionary(door => door.Name);
        var guard = app.Services.GetRequiredService<DoorGuard>();
        app.Use((context, next) => context.Features.Get<DoorMark>() is { } mark ? guard.HandleAsync(context, doors[mark.Name]) : next(context));
    }
}
