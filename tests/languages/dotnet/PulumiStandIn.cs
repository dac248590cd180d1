// A stand-in for Pulumi's library for .NET, which is to be had from NuGet alone: declarations to compile against.
//
// It declares the types and members that the generated SDK and the programs of these tests use, with the names, the
// types and the implicit conversions of Pulumi 3, and no others. Nothing of it is run, and nothing of it is shipped.
// A type that is missing here shows as an error in the SDK's own files.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;

namespace Pulumi
{
    public sealed class Output<T>
    {
        internal Output() { }
    }

    public static class Output
    {
        public static Output<T> Create<T>(T value) => throw null!;
    }

    public class Input<T>
    {
        private protected Input() { }
        public static implicit operator Input<T>(T value) => throw null!;
        public static implicit operator Input<T>(Output<T> value) => throw null!;
        public static implicit operator Output<T>(Input<T> input) => throw null!;
    }

    public sealed class InputMap<V> : Input<ImmutableDictionary<string, V>>, IEnumerable
    {
        public void Add(string key, Input<V> value) => throw null!;
        public void Add(InputMap<V> values) => throw null!;
        public Input<V> this[string key] { set => throw null!; }
        IEnumerator IEnumerable.GetEnumerator() => throw null!;
        public static implicit operator InputMap<V>(Dictionary<string, V> values) => throw null!;
        public static implicit operator InputMap<V>(ImmutableDictionary<string, V> values) => throw null!;
        public static implicit operator InputMap<V>(Output<Dictionary<string, V>> values) => throw null!;
        public static implicit operator InputMap<V>(Output<IDictionary<string, V>> values) => throw null!;
        public static implicit operator InputMap<V>(Output<ImmutableDictionary<string, V>> values) => throw null!;
    }

    public abstract class ResourceArgs
    {
        public static readonly ResourceArgs Empty = null!;
    }

    public abstract class ResourceOptions
    {
        private protected ResourceOptions() { }
        public Input<string>? Id { get; set; }
        public string? Version { get; set; }
    }

    public sealed class ComponentResourceOptions : ResourceOptions
    {
        public static ComponentResourceOptions Merge(
            ComponentResourceOptions? options1, ComponentResourceOptions? options2) => throw null!;
    }

    public sealed class CustomResourceOptions : ResourceOptions
    {
        public static CustomResourceOptions Merge(
            CustomResourceOptions? options1, CustomResourceOptions? options2) => throw null!;
    }

    public class Resource
    {
        private protected Resource() { }
    }

    public class ComponentResource : Resource
    {
        public ComponentResource(
            string type, string name, ResourceArgs? args, ComponentResourceOptions? options = null, bool remote = false)
        {
        }
    }

    public class CustomResource : Resource
    {
        private protected CustomResource() { }
    }

    public class ProviderResource : CustomResource
    {
        public ProviderResource(string package, string name, ResourceArgs args, CustomResourceOptions? options = null)
        {
        }
    }

    public class InvokeOptions
    {
        public string? Version { get; set; }
    }

    public class InvokeOutputOptions : InvokeOptions
    {
    }

    public static class Deployment
    {
        public static Task<int> RunAsync(Action action) => throw null!;
        public static Task<int> RunAsync(Func<IDictionary<string, object?>> func) => throw null!;
        public static Task<int> RunAsync(Func<Task> func) => throw null!;
        public static Task<int> RunAsync(Func<Task<IDictionary<string, object?>>> func) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
    public sealed class InputAttribute : Attribute
    {
        public InputAttribute(string name, bool required = false, bool json = false)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class OutputAttribute : Attribute
    {
        public OutputAttribute(string? name = null)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Struct)]
    public sealed class EnumTypeAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class ResourceTypeAttribute : Attribute
    {
        public ResourceTypeAttribute(string type, string? version)
        {
        }
    }
}

// The SDK's files import it and use none of its types.
namespace Pulumi.Serialization
{
    internal static class Nothing
    {
    }
}
